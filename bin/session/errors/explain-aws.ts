import { npmLine } from '../launcher.ts';
import type { Target } from '../target.ts';
import { CommandError } from './command-error.ts';

/** AWS JSON has `AccessDeniedException`, the query protocol `AccessDenied`, and Amazon SNS `AuthorizationError`. */
const DENIED = /^(AccessDenied|AuthorizationError)/;
const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired'];
const NOT_ACCEPTED = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignatureException',
];

/** The first error of AWS's SDK among an error and its causes. */
export function awsErrorIn(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  // The SDK adds metadata to each error of a call. The sources of credentials and of the Region throw before there is one.
  const isOfSdk =
    '$metadata' in error ||
    /ProviderError$/.test(error.name) ||
    /region (is missing|not accepted)/i.test(error.message);
  return isOfSdk ? error : awsErrorIn(error.cause);
}

/**
 * Explains a failed call to AWS. It is for the owner's own terminal, so AWS's message is shown.
 * @param secretName the secret that the call was about, if there is one
 */
export async function explainAws(error: Error, target: Target, secretName?: string): Promise<CommandError> {
  const { name } = error;
  const { place } = target;
  const told = (code: string, message: string, ...advice: readonly string[]) =>
    new CommandError(code, message, advice, error);
  const said = `AWS says: ${printable(error.message)}`;

  if (DENIED.test(name)) {
    const statement = statementFor(error.message, await place.region());
    return told(
      'access_denied',
      said,
      ...(statement === undefined
        ? ['Your IAM policy and the policy of the KMS key must allow it.']
        : ['This statement in your IAM policy would allow it:', JSON.stringify(statement)]),
    );
  }
  if (EXPIRED.includes(name)) {
    return told('credentials_expired', 'The AWS credentials have expired.', ...newCredentials(target));
  }
  if (NOT_ACCEPTED.includes(name)) {
    return told('credentials_refused', said, 'Check the credentials and this machine’s clock.');
  }
  const causes = messagesOf(error);
  if (/region not accepted/i.test(causes)) {
    return told(
      'region_invalid',
      'The Region of the AWS profile is invalid.',
      'Choose one: --region eu-central-1',
    );
  }
  if (/region is missing/i.test(causes)) {
    return told(
      'no_region',
      'No AWS Region is set.',
      'Set the Region of the stack: export AWS_REGION=eu-central-1',
      'Or name it: --region eu-central-1',
    );
  }
  if (/\bSSO\b|TokenProviderError|\blogin\b/i.test(causes)) {
    return told('sso_expired', 'The AWS sign-in (SSO) has expired.', ...newCredentials(target));
  }
  if (name === 'CredentialsProviderError') {
    return told(
      'no_credentials',
      'There are no AWS credentials.',
      'Sign in: aws sso login',
      'Or set up keys: aws configure',
      'Or choose a profile with --profile (aws configure list-profiles lists them).',
      `To try it without an account: ${npmLine('start -- --serve')}, and --local here`,
    );
  }
  if (name === 'InvalidRequestException' && secretName !== undefined) {
    return told(
      'secret_deleted',
      said,
      `If it is scheduled for deletion, restore it: ${target.awsCommandLine('secretsmanager', 'restore-secret', '--secret-id', secretName)}`,
    );
  }
  if (isUnanswered(error)) {
    const code = 'code' in error ? error.code : name;
    return place.kind === 'local'
      ? told('network', `The local run does not answer (${code}).`, localRunAdvice(code, target))
      : told(
          'network',
          `AWS could not be reached (${code}).`,
          `Check the network connection and the AWS Region: ${await place.region()}`,
        );
  }
  return told('aws_failed', `${said} (${name})`, 'Try again in a minute.');
}

/** @param code the system's, of a request to a stand-in. Only a refused connection means that nothing listens. */
export function localRunAdvice(code: unknown, target: Target): string {
  return code === 'ECONNREFUSED'
    ? startLocalRun(target)
    : 'It has dropped the request. Try again, and see what the local run prints.';
}

export function startLocalRun({ place }: Target): string {
  const port = place.options.filter((option) => option !== '--local');
  return `Start the local run in another terminal: ${npmLine('start -- --serve', ...port)}`;
}

/**
 * What would allow a denied call: "User: … is not authorized to perform: ACTION on resource: RESOURCE because …" (IAM User
 * Guide, "Troubleshoot access denied error messages"). For Secrets Manager, the resource can be the name that was asked for.
 */
function statementFor(message: string, region: string): object | undefined {
  const [, action, resource = '*'] =
    /not authorized to perform: ([\w-]+:\w+)(?: on resource: ([^\s"']+))?/.exec(message) ?? [];
  if (action === undefined) return undefined;
  const isName = action.startsWith('secretsmanager:') && resource !== '*' && !resource.startsWith('arn:');
  // The name in a secret's ARN ends with a hyphen and six random characters.
  const arn = `arn:${partitionOf(region)}:secretsmanager:${region}:*:secret:${resource}-??????`;
  return { Effect: 'Allow', Action: action, Resource: isName ? arn : resource };
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function newCredentials({ place }: Target): readonly string[] {
  return [
    `Sign in again: ${['aws sso login', ...place.options].join(' ')}`,
    'Or renew them where they come from.',
  ];
}

/** No response arrived: a system error such as `ENOTFOUND`, or a timeout. */
function isUnanswered(error: Error): boolean {
  return 'code' in error || error.name === 'TimeoutError';
}

/** Names and messages of an error and its causes. */
function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message} ${messagesOf(error.cause)}` : '';
}

/** Without control characters, which could change what the terminal shows. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}

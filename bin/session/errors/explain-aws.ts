import { npmLine } from '../launcher.ts';
import type { LocalRun, Target } from '../target.ts';
import { CommandError } from './command-error.ts';

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

interface Advice {
  readonly code: string;
  /** Of the error's name and message, and those of its causes. The first row that matches is used. */
  readonly pattern: RegExp;
  readonly advice: (target: Target, secretName: string) => readonly string[];
}

const ADVICE: readonly Advice[] = [
  {
    // Missing, expired, or not accepted: AWS says which.
    code: 'credentials',
    pattern:
      /^(ExpiredToken|RequestExpired|CredentialsProvider|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature)/,
    advice: ({ awsCommandLine }) => [
      `Sign in: ${awsCommandLine('sso', 'login')}`,
      'Or set up keys: aws configure. The clock of this machine must be right.',
      'Or choose a profile with --profile (aws configure list-profiles lists them).',
      tryLocally(),
    ],
  },
  {
    code: 'no_region',
    pattern: /region (is missing|not accepted)/i,
    advice: () => [
      'Set the Region of the stack: export AWS_REGION=eu-central-1',
      'Or name it: --region eu-central-1',
      tryLocally(),
    ],
  },
  {
    code: 'not_deployed',
    pattern: /^ResourceNotFoundException/,
    advice: ({ local }) =>
      local !== undefined
        ? ['The local run has no other stack: leave --stack out.']
        : [
            `Is the stack deployed? If not: ${npmLine('run deploy')}`,
            'Or select another: --region REGION, --profile PROFILE, --stack NAME (its setting "name")',
          ],
  },
  {
    code: 'secret_deleted',
    pattern: /^InvalidRequestException .*delet/,
    advice: ({ awsCommandLine }, secretName) => [
      `To restore it: ${awsCommandLine('secretsmanager', 'restore-secret', '--secret-id', secretName)}`,
      `To free its name at once: ${awsCommandLine('secretsmanager', 'delete-secret', '--force-delete-without-recovery', '--secret-id', secretName)}`,
    ],
  },
];

/**
 * Explains a failed call to AWS. It is for the owner's own terminal, so AWS's message is shown.
 * @param secretName the secret that the call was about
 */
export async function explainAws(error: Error, target: Target, secretName: string): Promise<CommandError> {
  const { name } = error;
  const said = `AWS says: ${printable(error.message)}`;
  const told = (code: string, message: string, advice: readonly string[]) =>
    new CommandError(code, message, advice, error);
  // AWS JSON has `AccessDeniedException`, the query protocol `AccessDenied`, and Amazon SNS `AuthorizationError`.
  if (/^(AccessDenied|AuthorizationError)/.test(name)) {
    const advice = statementFor(error.message, await target.clientConfig.region());
    return told('access_denied', said, advice);
  }
  const texts = textsOf(error);
  const row = ADVICE.find(({ pattern }) => pattern.test(texts));
  if (row !== undefined) return told(row.code, said, row.advice(target, secretName));
  // No response arrived: a system error such as `ENOTFOUND`, or a timeout.
  if ('code' in error || name === 'TimeoutError') {
    const code = 'code' in error ? error.code : name;
    return target.local !== undefined
      ? told('network', `The local run does not answer (${code}).`, localRunAdvice(target.local))
      : told('network', `AWS could not be reached (${code}).`, [
          `Check the network connection and the AWS Region: ${await target.clientConfig.region()}`,
        ]);
  }
  return told('aws_failed', `${said} (${name})`, ['Try again in a minute.']);
}

/** What helps where a stand-in does not answer, or something else does. */
export function localRunAdvice({ start }: LocalRun): readonly string[] {
  return [
    `If the local run is not running, start it in another terminal: ${start}`,
    'If it is, --port takes the port of the webhook, which it shows first.',
  ];
}

function tryLocally(): string {
  return `To try it without an account: ${npmLine('start -- --serve')}, and --local here`;
}

/**
 * What would allow a denied call: "User: … is not authorized to perform: ACTION on resource: RESOURCE because …" (IAM User
 * Guide, "Troubleshoot access denied error messages"). For Secrets Manager, the resource can be the name that was asked for.
 */
function statementFor(message: string, region: string): readonly string[] {
  const [, action, resource = '*'] =
    /not authorized to perform: ([\w-]+:\w+)(?: on resource: ([^\s"']+))?/.exec(message) ?? [];
  if (action === undefined) return ['Your IAM policy and the policy of the KMS key must allow it.'];
  const isName = action.startsWith('secretsmanager:') && resource !== '*' && !resource.startsWith('arn:');
  // The message names the caller by an ARN.
  const [, partition = 'aws'] = /\barn:([a-z-]+):/.exec(message) ?? [];
  // The name in a secret's ARN ends with a hyphen and six random characters.
  const arn = `arn:${partition}:secretsmanager:${region}:*:secret:${resource}-??????`;
  const statement = { Effect: 'Allow', Action: action, Resource: isName ? arn : resource };
  return ['This statement in your IAM policy would allow it:', JSON.stringify(statement)];
}

/** Names and messages of an error and its causes. */
function textsOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message} ${textsOf(error.cause)}` : '';
}

/** Without control characters, which could change what the terminal shows. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim();
}

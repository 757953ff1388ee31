import { CommandError } from './command-error.ts';

const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired'];
const NOT_ACCEPTED = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignatureException',
];

/**
 * Explains a failed call to AWS whose credentials or Region are the cause.
 * @param awsError the error's name
 * @param options those that select the account and the Region, such as `--profile work`
 */
export function explainCredentials(
  error: unknown,
  awsError: string,
  options: readonly string[],
): CommandError | undefined {
  const systemMessage = messagesOf(error);
  const told = (code: string, message: string, ...advice: string[]) =>
    new CommandError(code, message, advice, error);
  if (EXPIRED.includes(awsError)) {
    return told('credentials_expired', 'The AWS credentials have expired.', ...newCredentials(options));
  }
  if (NOT_ACCEPTED.includes(awsError)) {
    return told(
      'credentials_refused',
      'AWS does not accept the credentials.',
      'Check the credentials and this machine’s clock.',
    );
  }
  if (/region not accepted/i.test(systemMessage)) {
    return told(
      'region_invalid',
      'The Region of the AWS profile is invalid.',
      'Choose one: --region eu-central-1',
    );
  }
  if (/region is missing/i.test(systemMessage)) {
    return told(
      'no_region',
      'No AWS Region is set.',
      'Set the Region of the stack: export AWS_REGION=eu-central-1',
      'Or name it: --region eu-central-1',
    );
  }
  if (/\bSSO\b|TokenProviderError|\blogin\b/i.test(systemMessage) || awsError === 'TokenProviderError') {
    return told('sso_expired', 'The AWS sign-in (SSO) has expired.', ...newCredentials(options));
  }
  if (awsError === 'CredentialsProviderError') {
    return told(
      'no_credentials',
      'There are no AWS credentials.',
      'Sign in: aws sso login',
      'Or set up keys: aws configure',
      'Or choose a profile with --profile (aws configure list-profiles lists them).',
      'To try it without an account: npm start -- --serve, and --local here',
    );
  }
  return undefined;
}

function newCredentials(options: readonly string[]): readonly string[] {
  return [`Sign in again: ${['aws sso login', ...options].join(' ')}`, 'Or renew them where they come from.'];
}

/** Names and messages of an error and its causes: to be searched, never to be shown. */
export function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message} ${messagesOf(error.cause)}` : '';
}

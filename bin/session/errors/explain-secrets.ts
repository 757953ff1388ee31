import type { Failure } from '../../../lambda/failure.ts';
import { startLocalRun } from '../command-line.ts';
import type { Target } from '../target.ts';
import { CommandError } from './command-error.ts';
import { policyStatement } from './policy-statement.ts';

const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired'];
const NOT_ACCEPTED = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignatureException',
];
const KEY_UNUSABLE = ['DecryptionFailure', 'EncryptionFailure'];
const BUSY = ['ThrottlingException', 'InternalServiceError', 'ServiceUnavailable'];

/** What Secrets Manager, or the way to it, said no to. */
export async function explainSecrets(failure: Failure, target: Target): Promise<CommandError> {
  const { awsError = '' } = failure.details;
  const told = (code: string, message: string, ...advice: string[]) =>
    new CommandError(code, message, advice, failure);
  const systemMessage = messages(failure.cause);

  if (awsError === 'AccessDeniedException') return accessDenied(failure, target, systemMessage);
  if (EXPIRED.includes(awsError)) {
    return told('credentials_expired', 'The AWS credentials have expired.', ...newCredentials(target));
  }
  if (NOT_ACCEPTED.includes(awsError)) {
    return told(
      'credentials_refused',
      'AWS does not accept the credentials.',
      'See whether they are typed right, and whether this machine’s clock is.',
    );
  }
  if (/region is missing/i.test(systemMessage)) {
    return told('no_region', 'No AWS region is set.', 'Give the one of the stack: --region eu-central-1');
  }
  if (/\bSSO\b|TokenProviderError|\blogin\b/i.test(systemMessage) || awsError === 'TokenProviderError') {
    return told('sso_expired', 'The AWS sign-in (SSO) has expired.', ...newCredentials(target));
  }
  if (awsError === 'CredentialsProviderError') {
    return told(
      'no_credentials',
      'There are no AWS credentials.',
      'With a profile: --profile <name> (aws configure list-profiles says which there are).',
      'Or try it without an account: --local',
    );
  }
  if (awsError === 'InvalidRequestException') {
    const name = target.failedCalls.of(failure)?.secretName ?? '';
    return told(
      'secret_deleted',
      `The secret ${name} is about to be deleted, or another service manages it.`,
      `To have it back: aws secretsmanager restore-secret --secret-id ${name}`,
    );
  }
  if (KEY_UNUSABLE.includes(awsError)) {
    return told('kms_denied', 'The secret’s KMS key cannot be used.', 'See whether it is enabled.');
  }
  if (BUSY.includes(awsError)) {
    return told('secrets_unavailable', `Secrets Manager is busy (${awsError}).`, 'Try again in a minute.');
  }
  if (target.place.kind === 'local') {
    return told('network', 'The local Secrets Manager does not answer.', startLocalRun(target));
  }
  return told(
    'secrets_unavailable',
    `Secrets Manager could not be used (${awsError}).`,
    `See whether this machine is on the network, and whether the region is one of AWS’s: ${await target.place.region()}`,
  );
}

async function accessDenied(failure: Failure, target: Target, systemMessage: string): Promise<CommandError> {
  const call = target.failedCalls.of(failure);
  const region = await target.place.region();
  const statement = policyStatement(call, region);
  const what = call?.secretName === undefined ? '' : ` on the secret ${call.secretName}`;
  return new CommandError(
    'access_denied',
    `AWS does not allow you ${call?.action ?? 'this'}${what} (${region}).`,
    [
      ...(/\bKMS\b/.test(systemMessage)
        ? [
            'The secret’s KMS key is what is not allowed: kms:Decrypt and kms:GenerateDataKey are wanted on it.',
          ]
        : []),
      'Whoever manages your AWS permissions can add this to your policy:',
      JSON.stringify(statement),
    ],
    failure,
  );
}

function newCredentials({ place }: Target): readonly string[] {
  return [
    `Sign in again: ${['aws sso login', ...place.options].join(' ')}`,
    'Or get new ones where these came from.',
  ];
}

/** Of an error and all that lies beneath, to be searched and never to be shown. */
function messages(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message} ${messages(error.cause)}` : '';
}

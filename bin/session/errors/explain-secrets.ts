import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import type { Failure } from '../../../lambda/failure.ts';
import type { Target } from '../target.ts';
import { CommandError } from './command-error.ts';
import { kmsStatement, secretsStatement } from './policy-statement.ts';

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

/** Explains a failed call to Secrets Manager. */
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
    return told('no_region', 'No AWS Region is set.', 'Add the Region of the stack: --region eu-central-1');
  }
  if (/\bSSO\b|TokenProviderError|\blogin\b/i.test(systemMessage) || awsError === 'TokenProviderError') {
    return told('sso_expired', 'The AWS sign-in (SSO) has expired.', ...newCredentials(target));
  }
  if (awsError === 'CredentialsProviderError') {
    return told(
      'no_credentials',
      'There are no AWS credentials.',
      'Choose a profile with --profile (aws configure list-profiles lists them).',
      'To try it without an account: --local',
    );
  }
  if (awsError === 'InvalidRequestException') {
    const name = target.failedCalls.of(failure)?.secretName ?? '';
    return told(
      'secret_deleted',
      `The secret ${name} is scheduled for deletion, or another service manages it.`,
      `To restore it: aws secretsmanager restore-secret --secret-id ${name}`,
    );
  }
  if (KEY_UNUSABLE.includes(awsError)) {
    return told('kms_denied', 'The secret’s KMS key cannot be used.', 'Check that the key is enabled.');
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
    `Check the network connection and the AWS Region: ${await target.place.region()}`,
  );
}

async function accessDenied(failure: Failure, target: Target, systemMessage: string): Promise<CommandError> {
  const call = target.failedCalls.of(failure);
  const region = await target.place.region();
  const secret = call?.secretName === undefined ? '' : ` on the secret ${call.secretName}`;
  // "Access to KMS is not allowed", or the kms action that IAM has denied.
  const kms = /\bkms\b/i.test(systemMessage);
  const statement = kms
    ? kmsStatement(await kmsKeyArn(target.client, call?.secretName), region)
    : secretsStatement(call, region);
  return new CommandError(
    'access_denied',
    `AWS does not allow you ${call?.action ?? 'this'}${secret} (${region})${kms ? ': access to its KMS key is denied' : ''}.`,
    [
      kms
        ? 'The key’s policy, or this statement in your IAM policy, would allow it:'
        : 'This statement in your IAM policy would allow it:',
      JSON.stringify(statement),
    ],
    failure,
  );
}

const keySchema = v.object({
  KmsKeyId: v.pipe(v.string(), v.regex(/^arn:[\w-]+:kms:[\w-]+:\d+:key\/[\w-]+$/)),
});

async function kmsKeyArn(
  client: SecretsManagerClient,
  secretName: string | undefined,
): Promise<string | undefined> {
  try {
    const secret = await client.send(new DescribeSecretCommand({ SecretId: secretName }));
    return v.parse(keySchema, secret).KmsKeyId;
  } catch {
    return undefined;
  }
}

function newCredentials({ place }: Target): readonly string[] {
  return [
    `Sign in again: ${['aws sso login', ...place.options].join(' ')}`,
    'Or renew them where they come from.',
  ];
}

/** Names and messages of an error and its causes: to be searched, never to be shown. */
function messages(error: unknown): string {
  return error instanceof Error ? `${error.name} ${error.message} ${messages(error.cause)}` : '';
}

/** The most likely reason why a stand-in does not answer. */
export function startLocalRun({ place }: Target): string {
  const port = place.options.filter((option) => option !== '--local');
  return `Start the local run in another terminal: ${['npm start -- --serve', ...port].join(' ')}`;
}

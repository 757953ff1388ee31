import { DescribeSecretCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import type { Failure } from '../../../lambda/core/failure.ts';
import type { Target } from '../target.ts';
import { CommandError } from './command-error.ts';
import { explainCredentials, messagesOf } from './explain-credentials.ts';
import { kmsStatement, secretsStatement } from './policy-statement.ts';

const KEY_UNUSABLE = ['DecryptionFailure', 'EncryptionFailure'];
const BUSY = ['ThrottlingException', 'InternalServiceError', 'ServiceUnavailable'];

/** Explains a failed call to Secrets Manager. */
export async function explainSecrets(failure: Failure, target: Target): Promise<CommandError> {
  const { awsError = '' } = failure.details;
  const told = (code: string, message: string, ...advice: string[]) =>
    new CommandError(code, message, advice, failure);
  const systemMessage = messagesOf(failure.cause);

  if (awsError === 'AccessDeniedException') return accessDenied(failure, target, systemMessage);
  const credentials = explainCredentials(failure, awsError, target.place.options);
  if (credentials !== undefined) return credentials;
  if (awsError === 'InvalidRequestException') {
    const name = target.failedCalls.of(failure)?.secretName ?? '';
    return told(
      'secret_deleted',
      `The secret ${name} is scheduled for deletion, or another service manages it.`,
      `To restore it: ${target.awsCommandLine('secretsmanager', 'restore-secret', '--secret-id', name)}`,
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

/** The most likely reason why a stand-in does not answer. */
export function startLocalRun({ place }: Target): string {
  const port = place.options.filter((option) => option !== '--local');
  return `Start the local run in another terminal: ${['npm start -- --serve', ...port].join(' ')}`;
}

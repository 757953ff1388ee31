import {
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { WEBHOOK_KEY_SECRET_NAME } from '../../lambda/environment.ts';
import { secretsFailure, secretsManagerErrorName } from '../../lambda/vault/secrets-failure.ts';
import { CommandError } from './errors/command-error.ts';

/** As the stack has it made: letters and digits are base64 as well, as Standard Webhooks want a key. */
const KEY = { PasswordLength: 64, ExcludePunctuation: true };

const keySchema = v.object({ SecretString: v.string() });
const randomSchema = v.object({ RandomPassword: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{64}$/)) });

export function readKey(client: SecretsManagerClient): Promise<string> {
  return ofKey(async () => {
    const value = await client.send(new GetSecretValueCommand({ SecretId: WEBHOOK_KEY_SECRET_NAME }));
    return v.parse(keySchema, value).SecretString;
  });
}

/** The key of before becomes AWSPREVIOUS, which the function takes as well. */
export function rotateKey(client: SecretsManagerClient): Promise<void> {
  return ofKey(async () => {
    const { RandomPassword } = v.parse(randomSchema, await client.send(new GetRandomPasswordCommand(KEY)));
    await client.send(
      new PutSecretValueCommand({ SecretId: WEBHOOK_KEY_SECRET_NAME, SecretString: RandomPassword }),
    );
  });
}

export async function ofKey<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const failure = secretsFailure(cause);
    if (
      secretsManagerErrorName(cause) !== 'ResourceNotFoundException' &&
      failure.code !== 'session_unknown'
    ) {
      throw failure;
    }
    throw new CommandError(
      'key_unknown',
      `There is no webhook key here: no secret named ${WEBHOOK_KEY_SECRET_NAME}.`,
      ['The stack makes it, unless its setting webhookAuth is iam. Is this the region it is deployed in?'],
      cause,
    );
  }
}

import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { secretsFailure, secretsManagerErrorName } from '../../lambda/core/vault/secrets-failure.ts';
import { stackKey } from './stack-key.ts';
import type { Target } from './target.ts';

/**
 * Checks that IAM allows the later writes, before a token is spent or Blink is called. AWS authorizes each call like the real
 * one and then rejects its content, so nothing changes.
 */

/** A staging label that no version carries. */
const PROOF = 'BLINK_LOGOUT_PROOF';

/** A version can be written once: another text is a conflict (API reference of PutSecretValue, `ClientRequestToken`). */
export async function requirePut(store: SecretStore, session: string, versionId: string): Promise<void> {
  await store.putVersion(session, { versionId, text: '{}', labels: [PROOF] });
}

/** A label can be removed only from its version (API reference of UpdateSecretVersionStage, `RemoveFromVersionId`). */
export async function requireMove(store: SecretStore, session: string, versionId: string): Promise<void> {
  await store.moveLabel(session, { label: PROOF, from: versionId });
}

/** A key that does not exist encrypts nothing: InvalidParameterException (API reference of CreateSecret). */
export async function requireCreate(target: Target, session: string): Promise<void> {
  const { client } = target;
  const secretName = target.sessionSecret(session);
  const { Tags } = await stackKey(target);
  try {
    const KmsKeyId = `no-key-${randomUUID()}`;
    await client.send(new CreateSecretCommand({ Name: secretName, SecretString: '{}', KmsKeyId, Tags }));
  } catch (error) {
    const denied = error instanceof Error && secretsManagerErrorName(error) === 'AccessDeniedException';
    if (!denied || /\bkms\b/i.test(error.message) || (await exists(client, secretName))) return;
    throw secretsFailure(error);
  }
}

/** A secret without a value needs no CreateSecret. */
async function exists(client: SecretsManagerClient, secretName: string): Promise<boolean> {
  try {
    await client.send(new DescribeSecretCommand({ SecretId: secretName }));
    return true;
  } catch {
    return false;
  }
}

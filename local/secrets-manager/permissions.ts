import * as v from 'valibot';
import { AwsError } from '../aws-json.ts';
import { ACCOUNT_ID } from '../lambda-environment.ts';
import type { Secrets } from './secrets.ts';

const USER = `arn:aws:iam::${ACCOUNT_ID}:user/local`;

/** Actions without a secret. Their denial names no resource. */
const WITHOUT_RESOURCE = ['ListSecrets', 'GetRandomPassword'];

/**
 * "Secrets Manager calls the GenerateDataKey operation" to encrypt a value, and "the Decrypt operation" to decrypt it
 * (AWS Secrets Manager User Guide, "Secret encryption and decryption").
 */
const KMS_ACTIONS: Readonly<Record<string, string>> = {
  GetSecretValue: 'kms:Decrypt',
  CreateSecret: 'kms:GenerateDataKey',
  PutSecretValue: 'kms:GenerateDataKey',
  UpdateSecret: 'kms:GenerateDataKey',
};

const textSchema = v.looseObject({ SecretString: v.string() });

/** The caller's permissions: everything that is not denied. */
export class Permissions {
  readonly #denied = new Set<string>();

  /** @param actions IAM actions, such as `secretsmanager:PutSecretValue` or `kms:Decrypt` */
  deny(...actions: readonly string[]): void {
    for (const action of actions) this.#denied.add(action);
  }

  allowAll(): void {
    this.#denied.clear();
  }

  /** Throws if the action is denied, also for a secret that does not exist. */
  demand(action: string, secretId: string | undefined, input: unknown, secrets: Secrets): void {
    const iamAction = `secretsmanager:${action}`;
    if (this.#denied.has(iamAction)) {
      const resource = WITHOUT_RESOURCE.includes(action) ? '' : ` on resource: ${arnOf(secretId, secrets)}`;
      throw denied(
        `User: ${USER} is not authorized to perform: ${iamAction}${resource} because no identity-based policy allows the ${iamAction} action`,
      );
    }
    const kmsAction = KMS_ACTIONS[action];
    const isUsed = action === 'GetSecretValue' || v.is(textSchema, input);
    if (kmsAction !== undefined && isUsed && this.#denied.has(kmsAction)) {
      throw denied('Access to KMS is not allowed');
    }
  }
}

function denied(message: string): AwsError {
  return new AwsError('AccessDeniedException', message);
}

/** The secret's ARN if it exists, otherwise the caller's text (observed at Secrets Manager). */
function arnOf(secretId: string | undefined, secrets: Secrets): string {
  return secrets.lookUp(secretId ?? '')?.arn ?? secretId ?? '*';
}

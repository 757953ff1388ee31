import { randomBytes, randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../account.ts';
import { AwsError } from '../aws-error.ts';
import type { Clock } from '../settable-clock.ts';
import { Secret } from './secret.ts';

/** All secrets of one account and region. */
export class Secrets {
  readonly clock: Clock;
  /** The customer managed keys that exist, as callers name them. */
  readonly kmsKeys = new Set<string>();
  readonly #byName = new Map<string, Secret>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Creates a secret. Its text, if there is one, becomes its first version, with AWSCURRENT. */
  create(name: string, text?: string, versionId: string = randomUUID()): Secret {
    const existing = this.lookUp(name);
    if (existing?.deletionDateMs !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    if (existing !== undefined) {
      throw new AwsError(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const secret = this.#new(name);
    if (text !== undefined) secret.put(versionId, text, []);
    this.#byName.set(name, secret);
    return secret;
  }

  /** By name or ARN. */
  lookUp(id: string): Secret | undefined {
    return this.all().find(({ name, arn }) => [name, arn].includes(id));
  }

  /** By name or ARN, including those that are scheduled for deletion. */
  describe(id: string): Secret {
    const secret = this.lookUp(id);
    if (secret === undefined) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return secret;
  }

  /** By name or ARN, unless it is scheduled for deletion. */
  find(id: string): Secret {
    const secret = this.describe(id);
    if (secret.deletionDateMs !== undefined) {
      throw new AwsError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  /** The error's text is that of the API reference, EncryptionFailure. */
  requireKmsKey(keyId: string | undefined): void {
    if (keyId === undefined || this.kmsKeys.has(keyId)) return;
    throw new AwsError(
      'EncryptionFailure',
      "Secrets Manager can't encrypt the protected secret text using the provided KMS key.",
    );
  }

  /**
   * The deletion date "is the date and time of the delete request plus the number of days in RecoveryWindowInDays". "By
   * default Secrets Manager uses a 30 day recovery window." (API reference, DeleteSecret)
   */
  delete(id: string, recoveryWindowInDays = 30): Secret {
    const secret = this.find(id);
    secret.deletionDateMs = this.clock.nowMs() + recoveryWindowInDays * 24 * 60 * 60 * 1000;
    return secret;
  }

  /**
   * "If you forcibly delete an already deleted or nonexistent secret, the operation does not return
   * ResourceNotFoundException." (API reference, DeleteSecret)
   */
  deleteWithoutRecovery(id: string): Secret {
    const secret = this.lookUp(id) ?? this.#new(id);
    this.#byName.delete(secret.name);
    return secret;
  }

  /** "Some time after the deleted date, Secrets Manager deletes the secret" (API reference, DescribeSecret): here, at once. */
  all(): readonly Secret[] {
    for (const { name, deletionDateMs } of this.#byName.values()) {
      if (deletionDateMs !== undefined && deletionDateMs <= this.clock.nowMs()) this.#byName.delete(name);
    }
    return [...this.#byName.values()];
  }

  #new(name: string): Secret {
    const suffix = randomBytes(3).toString('hex');
    return new Secret(
      `arn:aws:secretsmanager:${REGION}:${ACCOUNT_ID}:secret:${name}-${suffix}`,
      name,
      this.clock,
    );
  }
}

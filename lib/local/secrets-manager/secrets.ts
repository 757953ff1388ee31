import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../settable-clock.ts';
import { Secret, type Version } from './secret.ts';
import { SecretsManagerError } from './secrets-manager-error.ts';

/** All secrets of one account and region. */
export class Secrets {
  readonly clock: Clock;
  readonly #byName = new Map<string, Secret>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Seeds a secret with its first version, which becomes AWSCURRENT; without a text it has no version. */
  create(name: string, text?: string, versionId: string = randomUUID()): Secret {
    const existing = this.#byName.get(name);
    if (existing?.deletedAtMs !== undefined) {
      throw new SecretsManagerError(
        'InvalidRequestException',
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    if (existing !== undefined) {
      const isRepeated = existing
        .versions()
        .some((version) => version.versionId === versionId && version.text === text);
      if (isRepeated) return existing;
      throw new SecretsManagerError(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const suffix = randomBytes(3).toString('hex');
    const secret = new Secret(
      `arn:aws:secretsmanager:us-east-1:123456789012:secret:${name}-${suffix}`,
      name,
      this.clock,
    );
    if (text !== undefined) secret.put(versionId, text, []);
    this.#byName.set(name, secret);
    return secret;
  }

  /** By name or ARN, deleted ones included. */
  describe(id: string): Secret {
    const secret = this.#byName.get(id) ?? this.all().find(({ arn }) => arn === id);
    if (secret === undefined) {
      throw new SecretsManagerError(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret.",
      );
    }
    return secret;
  }

  /** By name or ARN, unless it is scheduled for deletion. */
  find(id: string): Secret {
    const secret = this.describe(id);
    if (secret.deletedAtMs !== undefined) {
      throw new SecretsManagerError(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  delete(id: string, withoutRecovery: boolean): Secret {
    const secret = withoutRecovery ? this.describe(id) : this.find(id);
    secret.deletedAtMs = this.clock.nowMs();
    if (withoutRecovery) this.#byName.delete(secret.name);
    return secret;
  }

  all(): readonly Secret[] {
    return [...this.#byName.values()];
  }

  /** For looking at: ids, labels, times and texts, the oldest first. */
  versions(name: string): readonly Version[] {
    return this.describe(name).versions();
  }
}

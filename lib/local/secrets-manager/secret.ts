import { SecretsManagerError } from './secrets-manager-error.ts';

export interface Version {
  readonly versionId: string;
  readonly text: string;
  readonly createdAtMs: number;
  /** In the order in which they came. */
  readonly labels: readonly string[];
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const MAX_VERSIONS = 100;
const MAX_LABELS = 20;
const PRUNABLE_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * A secret's versions and its staging labels, as AWS documents them (API reference of PutSecretValue and
 * UpdateSecretVersionStage; user guide, "Quotas"). A label is on one version at most, which is all the map says.
 */
export class Secret {
  readonly arn: string;
  readonly name: string;
  readonly createdAtMs: number;
  description: string | undefined;
  deletedAtMs: number | undefined;
  changedAtMs: number;
  readonly #versions = new Map<string, { text: string; createdAtMs: number }>();
  readonly #holders = new Map<string, string>();

  constructor(arn: string, name: string, createdAtMs: number) {
    this.arn = arn;
    this.name = name;
    this.createdAtMs = createdAtMs;
    this.changedAtMs = createdAtMs;
  }

  versions(): readonly Version[] {
    return [...this.#versions].map(([versionId, version]) => ({
      versionId,
      ...version,
      labels: this.#labelsOf(versionId),
    }));
  }

  /** By id, by label, or by both, which then must agree; by AWSCURRENT where nothing is asked. */
  version(asked: { readonly versionId?: string | undefined; readonly label?: string | undefined }): Version {
    const { versionId, label } = asked;
    if (versionId === undefined) {
      const wanted = label ?? CURRENT;
      return this.#found(this.#holders.get(wanted), `staging label: ${wanted}`);
    }
    const version = this.#found(versionId, `VersionId: ${versionId}`);
    if (label !== undefined && !version.labels.includes(label)) {
      throw new SecretsManagerError(
        'InvalidRequestException',
        'You provided a VersionStage that is not associated to the provided VersionId.',
      );
    }
    return version;
  }

  /** A version can be written once: the same text again does nothing at all, not even to the labels. */
  put(versionId: string, text: string, labels: readonly string[], nowMs: number): Version {
    const existing = this.#versions.get(versionId);
    if (existing !== undefined) {
      if (existing.text === text) return this.version({ versionId });
      throw new SecretsManagerError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${this.arn}.`,
      );
    }
    const all = this.#versions.size === 0 ? new Set([...labels, CURRENT]) : new Set(labels);
    if (new Set([...this.#holders.keys(), ...all]).size > MAX_LABELS) {
      throw new SecretsManagerError(
        'LimitExceededException',
        'You have reached the quota for staging labels.',
      );
    }
    this.#makeRoom(nowMs);
    this.#versions.set(versionId, { text, createdAtMs: nowMs });
    for (const label of all) this.#attach(label, versionId);
    this.changedAtMs = nowMs;
    return this.version({ versionId });
  }

  moveLabel(label: string, fromId: string | undefined, toId: string | undefined): void {
    if (toId !== undefined) this.#found(toId, `VersionId: ${toId}`);
    const holder = this.#holders.get(label);
    if (fromId === undefined) {
      if (toId === undefined) throw invalid('You must specify MoveToVersionId or RemoveFromVersionId.');
      if (holder !== undefined && holder !== toId) {
        throw invalid(
          `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
        );
      }
    } else if (fromId !== holder) {
      throw invalid(
        `If you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${label}.`,
      );
    }
    if (toId !== undefined) {
      if (holder === undefined && this.#holders.size >= MAX_LABELS) {
        throw new SecretsManagerError(
          'LimitExceededException',
          'You have reached the quota for staging labels.',
        );
      }
      this.#attach(label, toId);
    } else if (label === CURRENT) {
      throw invalid(
        'You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.',
      );
    } else {
      this.#holders.delete(label);
    }
  }

  /** Wherever AWSCURRENT goes, AWSPREVIOUS goes to where it was. */
  #attach(label: string, versionId: string): void {
    const holder = this.#holders.get(label);
    if (holder === versionId) return;
    this.#hold(label, versionId);
    if (label === CURRENT && holder !== undefined) this.#hold(PREVIOUS, holder);
  }

  /** Taken off and put on again, so that a version's newest label comes last. */
  #hold(label: string, versionId: string): void {
    this.#holders.delete(label);
    this.#holders.set(label, versionId);
  }

  /** Unlabelled versions go once there are too many, the oldest first, but none that is younger than a day. */
  #makeRoom(nowMs: number): void {
    const prunable = this.versions()
      .filter(({ labels, createdAtMs }) => labels.length === 0 && nowMs - createdAtMs >= PRUNABLE_AFTER_MS)
      .sort((a, b) => a.createdAtMs - b.createdAtMs);
    for (const { versionId } of prunable) {
      if (this.#versions.size < MAX_VERSIONS) return;
      this.#versions.delete(versionId);
    }
    if (this.#versions.size >= MAX_VERSIONS) {
      throw new SecretsManagerError(
        'LimitExceededException',
        'You have reached the quota for secret versions.',
      );
    }
  }

  #labelsOf(versionId: string): readonly string[] {
    return [...this.#holders].filter(([, holder]) => holder === versionId).map(([label]) => label);
  }

  #found(versionId: string | undefined, what: string): Version {
    const version = versionId === undefined ? undefined : this.#versions.get(versionId);
    if (versionId === undefined || version === undefined) {
      throw new SecretsManagerError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${what}`,
      );
    }
    return { versionId, ...version, labels: this.#labelsOf(versionId) };
  }
}

function invalid(message: string): SecretsManagerError {
  return new SecretsManagerError('InvalidParameterException', message);
}

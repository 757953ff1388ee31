import { AwsError } from '../aws-error.ts';
import type { Clock } from '../settable-clock.ts';

export interface Version {
  readonly versionId: string;
  readonly text: string;
  readonly createdAtMs: number;
  /** In the order of their attachment. */
  readonly labels: readonly string[];
}

const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';
const MAX_VERSIONS = 100;
const PRUNABLE_AFTER_MS = 24 * 60 * 60 * 1000;
/** The versions, and the version that has each label: "Each staging label can be attached to only one version at a time". */
interface State {
  readonly sinceMs: number;
  readonly versions: ReadonlyMap<string, { readonly text: string; readonly createdAtMs: number }>;
  readonly holders: ReadonlyMap<string, string>;
}

/**
 * A secret's versions and staging labels, as AWS documents them: the API reference of PutSecretValue and
 * UpdateSecretVersionStage, and the user guide's "AWS Secrets Manager quotas". "All Secrets Manager operations are
 * eventually consistent" (API reference, ListSecrets), so a caller can ask for a reading as of an earlier moment.
 */
export class Secret {
  readonly arn: string;
  readonly name: string;
  readonly createdAtMs: number;
  kmsKeyId: string | undefined;
  readonly tags = new Map<string, string>();
  /** The time of a scheduled deletion. */
  deletionDateMs: number | undefined;
  readonly #clock: Clock;
  /** The newest state is last. The earlier ones serve readings that lag behind. */
  #states: readonly [...State[], State];

  constructor(arn: string, name: string, clock: Clock) {
    this.arn = arn;
    this.name = name;
    this.createdAtMs = clock.nowMs();
    this.#clock = clock;
    this.#states = [{ sinceMs: this.createdAtMs, versions: new Map(), holders: new Map() }];
  }

  /** The oldest is first. A reading from before the first version shows that version. */
  versions(asOfMs = Number.POSITIVE_INFINITY): readonly Version[] {
    const { versions, holders } = this.#stateAsOf(asOfMs);
    return [...versions].map(([versionId, version]) => ({
      versionId,
      ...version,
      labels: [...holders].filter(([, holder]) => holder === versionId).map(([label]) => label),
    }));
  }

  /** Finds a version by id, by label, or by both. By default, finds AWSCURRENT. */
  version(
    asked: { readonly versionId?: string | undefined; readonly label?: string | undefined },
    asOfMs?: number,
  ): Version {
    const { versionId, label = versionId === undefined ? CURRENT : undefined } = asked;
    const found = this.versions(asOfMs).find(
      (each) =>
        (versionId === undefined || each.versionId === versionId) &&
        (label === undefined || each.labels.includes(label)),
    );
    return found ?? notFound(versionId === undefined ? `staging label: ${label}` : `VersionId: ${versionId}`);
  }

  /**
   * "If you call this operation with a ClientRequestToken that matches an existing version's VersionId, and you specify
   * the same secret data, the operation succeeds but does nothing. However, if the secret data is different, then the
   * operation fails because you can't modify an existing version."
   */
  put(versionId: string, text: string, labels: readonly string[]): void {
    const { versions, holders } = this.#newest;
    const existing = versions.get(versionId);
    if (existing !== undefined) {
      if (existing.text === text) return;
      throw new AwsError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${this.arn}.`,
      );
    }
    // "If this operation creates the first version for the secret, then Secrets Manager automatically attaches the
    // staging label AWSCURRENT to it."
    const all = versions.size === 0 ? new Set([...labels, CURRENT]) : new Set(labels);
    const kept = withRoomForOne(this.#newest, this.#clock.nowMs());
    this.#write(
      new Map([...kept, [versionId, { text, createdAtMs: this.#clock.nowMs() }]]),
      [...all].reduce((before, label) => attached(before, label, versionId), holders),
    );
  }

  /** "If the label is attached and you either do not specify [the version] or the version ID does not match, then the operation fails." */
  moveLabel(label: string, fromId: string | undefined, toId: string | undefined): void {
    const { versions, holders } = this.#newest;
    if (toId !== undefined && !versions.has(toId)) notFound(`VersionId: ${toId}`);
    const holder = holders.get(label);
    const isNew = fromId === undefined && (holder === undefined || holder === toId);
    if (!isNew && fromId !== holder) {
      throw invalid(`RemoveFromVersionId must be the version that currently has the staging label ${label}.`);
    }
    if (toId !== undefined) {
      this.#write(versions, attached(holders, label, toId));
    } else if (label === CURRENT || holder === undefined) {
      throw invalid(
        `You can only move staging label ${label} to a version, or AWSCURRENT to a different one.`,
      );
    } else {
      this.#write(versions, new Map([...holders].filter(([other]) => other !== label)));
    }
  }

  get #newest(): State {
    return this.#stateAsOf(Number.POSITIVE_INFINITY);
  }

  #stateAsOf(asOfMs: number): State {
    const seen = this.#states.findLast(({ sinceMs, versions }) => sinceMs <= asOfMs && versions.size > 0);
    return seen ?? this.#states.find(({ versions }) => versions.size > 0) ?? this.#states[0];
  }

  #write(versions: State['versions'], holders: State['holders']): void {
    this.#states = [...this.#states, { sinceMs: this.#clock.nowMs(), versions, holders }];
  }
}

/**
 * "Whenever you move AWSCURRENT, Secrets Manager automatically moves the label AWSPREVIOUS to the version that AWSCURRENT
 * was removed from." A version's newest label comes last.
 */
function attached(holders: State['holders'], label: string, versionId: string): State['holders'] {
  const holder = holders.get(label);
  if (holder === versionId) return holders;
  const moved = new Map([...holders].filter(([other]) => other !== label)).set(label, versionId);
  return label === CURRENT && holder !== undefined ? attached(moved, PREVIOUS, holder) : moved;
}

/**
 * "Secrets Manager removes unlabeled versions when there are more than 100, but it does not remove versions created less
 * than 24 hours ago. If you update the secret value more than once every 10 minutes, you create more versions than Secrets
 * Manager removes, and you will reach the quota for secret versions." The oldest go first.
 */
function withRoomForOne({ versions, holders }: State, nowMs: number): State['versions'] {
  const labelled = new Set(holders.values());
  const prunable = [...versions]
    .filter(([id, { createdAtMs }]) => !labelled.has(id) && nowMs - createdAtMs >= PRUNABLE_AFTER_MS)
    .sort(([, a], [, b]) => a.createdAtMs - b.createdAtMs)
    .slice(0, Math.max(0, versions.size + 1 - MAX_VERSIONS));
  if (versions.size - prunable.length >= MAX_VERSIONS) {
    throw new AwsError('LimitExceededException', 'You have reached the quota for secret versions.');
  }
  const pruned = new Set(prunable.map(([id]) => id));
  return new Map([...versions].filter(([id]) => !pruned.has(id)));
}

function notFound(what: string): never {
  throw new AwsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${what}`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

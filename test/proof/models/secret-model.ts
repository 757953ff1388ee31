import { Failure } from '../../../lambda/core/failure.ts';
import type { Timing } from '../../../lambda/core/time.ts';
import { parseEntry } from '../../../lambda/core/vault/journal.ts';
import type { SecretStore, SecretVersion } from '../../../lambda/core/vault/secret-store.ts';
import { AwsError, page } from '../../../local/aws-json.ts';
import { Secret, type Version } from '../../../local/secrets-manager/secret.ts';
import { type Channel, LostCall } from './channel.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The adapter's options for the SDK: the timeout of a try, and the number of tries. */
const TRY_TIMEOUT_MS = 3000;
const MAX_TRIES = 3;

/** One secret of the stand-in's Secrets Manager, on virtual time. */
export class SecretModel extends Secret {
  readonly #time: VirtualTime;
  readonly #currentTexts: string[] = [];
  /** How far the clock that dates an answer is ahead of the one that dates versions. */
  answersAheadMs: () => number = () => 0;

  constructor(time: VirtualTime, name: string, versionsAheadMs: () => number = () => 0) {
    super('arn', name, { nowMs: () => time.nowMs + versionsAheadMs() });
    this.#time = time;
  }

  current(): Version {
    return this.version({});
  }

  /** The texts that have been current, in order. */
  currentTexts(): readonly string[] {
    return this.#currentTexts;
  }

  override put(versionId: string, text: string, labels: readonly string[]): Version {
    const version = super.put(versionId, text, labels);
    this.#note();
    return version;
  }

  override moveLabel(label: string, fromId: string | undefined, toId: string | undefined): void {
    super.moveLabel(label, fromId, toId);
    this.#note();
  }

  /** The Date header of an answer knows no fractions of a second. */
  dateMs(): number {
    return Math.floor((this.#time.nowMs + this.answersAheadMs()) / 1000) * 1000;
  }

  #note(): void {
    const { text } = this.current();
    if (text !== this.#currentTexts.at(-1)) this.#currentTexts.push(text);
  }
}

/**
 * The model as the port that the vault knows, at the end of a run's channel, with what the SDK does in between: "standard"
 * retries after a connection error or a timeout, three tries in all, and lists in pages.
 */
export function storeOver(
  secret: SecretModel,
  time: VirtualTime,
  timing: Timing,
  channel: Channel,
): SecretStore {
  async function call<T>(name: string, action: string, process: () => T, tries = 1): Promise<T> {
    try {
      return await channel.call(action, TRY_TIMEOUT_MS, () => {
        if (name !== secret.name) throw new Failure('session_unknown', 'there is no such secret');
        return process();
      });
    } catch (error) {
      if (!(error instanceof LostCall)) throw error;
      if (tries === MAX_TRIES) throw new Failure('secrets_unavailable', 'no answer');
      await timing.wait(100);
      return call(name, action, process, tries + 1);
    }
  }

  const asOfMs = (read: 'list' | 'version') => {
    const staleMs = channel.staleMs(read);
    return staleMs === 0 ? undefined : time.nowMs - staleMs;
  };
  const pageOf = (token: string | undefined) => {
    const versions = secret
      .versions(asOfMs('list'))
      .toSorted((a, b) => a.versionId.localeCompare(b.versionId));
    return { ...page(versions, 100, token, 'InvalidNextTokenException'), nowMs: secret.dateMs() };
  };
  const listFrom = async (
    name: string,
    token?: string,
  ): Promise<{ versions: readonly SecretVersion[]; nowMs: number }> => {
    const { items, next, nowMs } = await call(name, 'read list', () => pageOf(token));
    if (next === undefined) return { versions: items, nowMs };
    const rest = await listFrom(name, next);
    return { ...rest, versions: [...items, ...rest.versions] };
  };

  return {
    readCurrent: (name) => call(name, 'read value', () => secret.version({}, asOfMs('version'))),
    readVersion: (name, versionId) =>
      call(name, 'read version', () =>
        secret.versions(asOfMs('version')).find((version) => version.versionId === versionId),
      ),
    listVersions: (name) => listFrom(name),
    putVersion: (name, { versionId, text, label }) =>
      call(name, `put ${parseEntry(versionId)?.kind}`, () =>
        orConflict('ResourceExistsException', 'written' as const, () => secret.put(versionId, text, [label])),
      ),
    moveLabel: (name, { label, from, to }) =>
      call(name, `${to === undefined ? 'take off' : 'move'} ${label}`, () =>
        orConflict('InvalidParameterException', 'moved' as const, () => secret.moveLabel(label, from, to)),
      ),
  };
}

function orConflict<T>(errorName: string, done: T, write: () => unknown): T | 'conflict' {
  try {
    write();
    return done;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.name === errorName) return 'conflict';
    throw new Failure(
      error.name === 'LimitExceededException' ? 'secret_full' : 'secrets_unavailable',
      error.name,
    );
  }
}

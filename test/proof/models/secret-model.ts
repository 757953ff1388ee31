import { Failure } from '../../../lambda/core/failure.ts';
import type { Timing } from '../../../lambda/core/time.ts';
import { EARLIER_CLAIM } from '../../../lambda/core/vault/earlier-release.ts';
import {
  JOURNAL,
  type Journal,
  NO_JOURNAL,
  parseJournal,
  SAVED,
} from '../../../lambda/core/vault/journal.ts';
import type { SecretStore } from '../../../lambda/core/vault/secret-store.ts';
import { secretsFailure } from '../../../lambda/core/vault/secrets-failure.ts';
import { AwsError } from '../../../local/aws-error.ts';
import { Secret, type Version } from '../../../local/secrets-manager/secret.ts';
import { type Channel, LostCall, type Read } from './channel.ts';
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
    super(`arn:${name}`, name, { nowMs: () => time.nowMs + versionsAheadMs() });
    this.#time = time;
  }

  current(): Version {
    return this.version({});
  }

  /** The texts that have been current, in order. */
  currentTexts(): readonly string[] {
    return this.#currentTexts;
  }

  override put(versionId: string, text: string, labels: readonly string[]): void {
    super.put(versionId, text, labels);
    this.#note();
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
 * The model as the port that the vault knows, at the end of a run's channel. Reads have what the SDK does in between:
 * "standard" retries after a connection error or a timeout, three tries in all. Release 0.2.0 is not modelled here, so the
 * reading of its label is answered at once.
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
        if (name !== secret.name && name !== secret.arn) {
          throw new Failure('session_unknown', 'there is no such secret');
        }
        return process();
      });
    } catch (error) {
      if (!(error instanceof LostCall)) throw error;
      if (tries === MAX_TRIES) throw new Failure('secrets_unavailable', 'no answer');
      await timing.wait(100);
      return call(name, action, process, tries + 1);
    }
  }

  const asOfMs = (read: Read) => {
    const staleMs = channel.staleMs(read);
    return staleMs === 0 ? undefined : time.nowMs - staleMs;
  };
  return {
    readCurrent: (name) =>
      call(name, 'read value', () => {
        return { ...secret.version({}, asOfMs('value')), arn: secret.arn, nowMs: secret.dateMs() };
      }),
    async readVersion(name, version) {
      if ('label' in version && version.label === EARLIER_CLAIM) return undefined;
      const read = 'label' in version ? (version.label === JOURNAL ? 'journal' : 'mark') : 'version';
      return call(name, `read ${read}`, () =>
        secret
          .versions(asOfMs(read === 'journal' ? 'journal' : 'version'))
          .find((each) =>
            'label' in version ? each.labels.includes(version.label) : each.versionId === version.versionId,
          ),
      );
    },
    putVersion: (name, { versionId, text, labels }) =>
      call(
        name,
        `put ${labels.includes(SAVED) ? 'save' : journalWord(text, secret)}`,
        () =>
          orConflict('ResourceExistsException', 'written' as const, () =>
            secret.put(versionId, text, labels),
          ),
        MAX_TRIES,
      ),
    moveLabel: (name, { label, from, to }) =>
      call(
        name,
        `move ${label}`,
        () =>
          orConflict('InvalidParameterException', 'moved' as const, () => secret.moveLabel(label, from, to)),
        MAX_TRIES,
      ),
  };
}

/** What a journal adds to the one that is labelled: a claim, or what has been reported. */
function journalWord(text: string, secret: SecretModel): string {
  const labelled = secret.versions().find(({ labels }) => labels.includes(JOURNAL));
  if (labelled?.text === text) return 'the same journal';
  const before = labelled === undefined ? NO_JOURNAL : parseJournal('', labelled.text);
  const { journal } = parseJournal('', text);
  const claimIds = ({ tokens }: Journal) => tokens.flatMap(({ claims }) => claims.map(({ id }) => id));
  if (claimIds(journal).some((id) => !claimIds(before.journal).includes(id))) return 'claim';
  const event = journal.history.at(-1);
  const isNew = JSON.stringify(event) !== JSON.stringify(before.journal.history.at(-1));
  return event !== undefined && isNew ? event.what : 'nothing';
}

function orConflict<T>(errorName: string, done: T, write: () => unknown): T | 'conflict' {
  try {
    write();
    return done;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.name === errorName) return 'conflict';
    throw secretsFailure(error);
  }
}

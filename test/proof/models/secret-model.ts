import { Failure } from '../../../lambda/failure.ts';
import type { SecretStore, SecretVersion } from '../../../lambda/vault/secret-store.ts';
import { type Channel, LostCall } from './channel.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ModelVersion extends SecretVersion {
  readonly text: string;
}

interface State {
  readonly atMs: number;
  readonly versions: ReadonlyMap<string, { readonly text: string; readonly createdAtMs: number }>;
  /** A label is on one version at most. */
  readonly holders: ReadonlyMap<string, string>;
}

/**
 * A secret as Secrets Manager documents it: writes are seen by writes at once, and by reads a while later, each read
 * for itself ("all operations are eventually consistent").
 */
export class SecretModel {
  readonly name: string;
  readonly #time: VirtualTime;
  readonly #history: State[] = [];

  constructor(time: VirtualTime, name: string) {
    this.#time = time;
    this.name = name;
  }

  /** The versions as they were so long ago, the oldest first. */
  versions(agoMs = 0): readonly ModelVersion[] {
    const { versions, holders } = this.#state(agoMs);
    return [...versions].map(([versionId, version]) => ({
      versionId,
      ...version,
      labels: [...holders].filter(([, holder]) => holder === versionId).map(([label]) => label),
    }));
  }

  current(agoMs = 0): ModelVersion {
    const current = this.versions(agoMs).find(({ labels }) => labels.includes('AWSCURRENT'));
    if (current === undefined) throw new Error('the secret has no value yet');
    return current;
  }

  /** What has been current, one after the other. */
  currentTexts(): readonly string[] {
    return this.#history.flatMap(({ versions, holders }) => {
      const current = versions.get(holders.get('AWSCURRENT') ?? '');
      return current === undefined ? [] : [current.text];
    });
  }

  put(versionId: string, text: string, label: string): 'written' | 'conflict' {
    const { versions, holders } = this.#state();
    const existing = versions.get(versionId);
    if (existing !== undefined) return existing.text === text ? 'written' : 'conflict';
    const version = { text, createdAtMs: this.#time.nowMs };
    this.#write(new Map([...versions, [versionId, version]]), this.#attached(holders, label, versionId));
    return 'written';
  }

  move(label: string, from: string | undefined, to: string | undefined): 'moved' | 'conflict' {
    const { versions, holders } = this.#state();
    const holder = holders.get(label);
    if (from === undefined ? holder !== undefined && holder !== to : holder !== from) return 'conflict';
    if (to === undefined) {
      this.#write(versions, new Map([...holders].filter(([other]) => other !== label)));
      return 'moved';
    }
    if (!versions.has(to)) throw new Failure('session_unknown', 'there is no such version');
    this.#write(versions, this.#attached(holders, label, to));
    return 'moved';
  }

  #attached(holders: State['holders'], label: string, versionId: string): State['holders'] {
    const holder = holders.get(label);
    const attached = new Map([...holders, [label, versionId]]);
    if (label === 'AWSCURRENT' && holder !== undefined && holder !== versionId)
      attached.set('AWSPREVIOUS', holder);
    return attached;
  }

  #write(versions: State['versions'], holders: State['holders']): void {
    this.#history.push({ atMs: this.#time.nowMs, versions, holders });
  }

  /** A secret is never seen from before its first version. */
  #state(agoMs = 0): State {
    const atMs = this.#time.nowMs - agoMs;
    const seen = this.#history.findLast((state) => state.atMs <= atMs) ?? this.#history[0];
    return seen ?? { atMs, versions: new Map(), holders: new Map() };
  }
}

/** The model as the port that the vault knows, at the end of a run's channel. */
export function storeOver(secret: SecretModel, time: VirtualTime, channel: Channel): SecretStore {
  async function call<T>(name: string, action: string, process: () => T): Promise<T> {
    try {
      return await channel.call(action, () => {
        if (name !== secret.name) throw new Failure('session_unknown', 'there is no such secret');
        return process();
      });
    } catch (error) {
      if (error instanceof LostCall) throw new Failure('secrets_unavailable', 'no answer');
      throw error;
    }
  }

  return {
    readCurrent: (name) => call(name, 'read value', () => secret.current(channel.staleMs('version'))),
    readVersion: (name, versionId) =>
      call(name, 'read version', () =>
        secret.versions(channel.staleMs('version')).find((version) => version.versionId === versionId),
      ),
    listVersions: (name) =>
      call(name, 'read list', () => ({
        versions: secret.versions(channel.staleMs('list')),
        nowMs: Math.floor(time.nowMs / 1000) * 1000, // the Date header knows no fractions
      })),
    putVersion: (name, { versionId, text, label }) =>
      call(name, `put ${entryOf(text)}`, () => secret.put(versionId, text, label)),
    moveLabel: (name, { label, from, to }) =>
      call(name, `${to === undefined ? 'take off' : 'move'} ${label}`, () => secret.move(label, from, to)),
  };
}

function entryOf(text: string): string {
  if (text.startsWith('{"claimedBy"')) return 'claim';
  return text.startsWith('{"end"') ? 'end' : 'save';
}

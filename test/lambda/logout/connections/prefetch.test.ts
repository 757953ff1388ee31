import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { prefetch, prefetchSession } from '../../../../lambda/logout/connections/prefetch.ts';
import { inProcessStore } from '../../in-process-store.ts';

let nowMs: number;
let asked: number;

beforeEach(() => {
  nowMs = 0;
  asked = 0;
});

/** Answers with the number of the request. */
const count = async () => ++asked;
const prefetched = (ask: () => Promise<number> = count) => prefetch(ask, () => nowMs);
const failingFirst = async () => {
  if (++asked === 1) throw new Error('not yet');
  return asked;
};

describe('a prefetched answer', () => {
  it('is there before the first call, and is the result of that call', async () => {
    const ask = await prefetched();
    expect(asked).toBe(1);
    expect(await ask()).toBe(1);
    expect(asked).toBe(1);
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await prefetched();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is used once', async () => {
    const ask = await prefetched();
    expect(await Promise.all([ask(), ask()])).toEqual([1, 2]);
    expect(await ask()).toBe(3);
  });

  it('is used while it is less than one second old', async () => {
    const ask = await prefetched();
    nowMs = 999;
    expect(await ask()).toBe(1);
  });

  it('is not used once it is one second old, as after a freeze', async () => {
    const ask = await prefetched();
    nowMs = 1_000;
    expect(await ask()).toBe(2);
  });

  it('is replaced by a request if the prefetch failed', async () => {
    const ask = await prefetched(failingFirst);
    expect(await ask()).toBe(2);
  });

  it('is not waited for longer than half a second, and is not used if it comes later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const late = Promise.withResolvers<number>();
    const ready = prefetched(() => (++asked === 1 ? late.promise : Promise.resolve(asked)));
    await vi.advanceTimersByTimeAsync(500);
    const ask = await ready;
    late.resolve(1);
    expect(await ask()).toBe(2);
  });

  it('does not hide the failure of the request after it', async () => {
    const ask = await prefetched(async () => {
      throw new Error(`no ${++asked}`);
    });
    await expect(ask()).rejects.toThrow('no 2');
  });
});

describe('a prefetched session', () => {
  const DEFAULT = 'default';
  const calls: string[] = [];
  const store = inProcessStore(DEFAULT, 'text');
  const counted = {
    ...store,
    readCurrent: (name: string) => {
      calls.push(`readCurrent ${name}`);
      return store.readCurrent(name);
    },
    readVersion: (...[name, version]: Parameters<typeof store.readVersion>) => {
      calls.push(`${'label' in version ? version.label : 'version'} of ${name}`);
      return store.readVersion(name, version);
    },
  };
  beforeEach(() => {
    calls.length = 0;
  });

  it('makes no further call for its first reading', async () => {
    const prefetching = await prefetchSession(counted, DEFAULT);
    expect(calls).toEqual([
      `readCurrent ${DEFAULT}`,
      `BLINK_LOGOUT of ${DEFAULT}`,
      `BLINK_LOGOUT_CLAIM of ${DEFAULT}`,
    ]);
    expect(await prefetching.readCurrent(DEFAULT)).toMatchObject({ text: 'text' });
    expect(await prefetching.readVersion(DEFAULT, { label: 'BLINK_LOGOUT' })).toBeUndefined();
    expect(calls).toHaveLength(3);
    await prefetching.readCurrent(DEFAULT);
    await prefetching.readVersion(DEFAULT, { label: 'BLINK_LOGOUT' });
    expect(calls).toHaveLength(5);
  });

  it('does not answer for another session', async () => {
    const prefetching = await prefetchSession(counted, DEFAULT);
    await expect(prefetching.readCurrent('other')).rejects.toMatchObject({ code: 'session_unknown' });
    await expect(prefetching.readVersion('other', { label: 'BLINK_LOGOUT' })).rejects.toMatchObject({
      code: 'session_unknown',
    });
    expect(calls.slice(3)).toEqual(['readCurrent other', 'BLINK_LOGOUT of other']);
  });

  it('may be missing', async () => {
    const prefetching = await prefetchSession(counted, 'other');
    expect(await prefetching.readCurrent(DEFAULT)).toMatchObject({ text: 'text' });
  });
});

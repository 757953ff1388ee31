import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { prefetch, readAhead } from '../../../lambda/connections/priming.ts';
import { inProcessStore } from '../in-process-store.ts';

let nowMs: number;
let asked: number;

beforeEach(() => {
  nowMs = 0;
  asked = 0;
});

/** Answers with the number of the question. */
const count = async () => ++asked;
const ahead = (ask: () => Promise<number> = count) => prefetch(ask, undefined, () => nowMs).ask;

describe('what is asked ahead', () => {
  it('is asked at once, and is the first answer', async () => {
    const answer = ahead();
    expect(asked).toBe(1);
    expect(await answer()).toBe(1);
    expect(asked).toBe(1);
  });

  it('is used once', async () => {
    const answer = ahead();
    expect(await Promise.all([answer(), answer()])).toEqual([1, 2]);
    expect(await answer()).toBe(3);
  });

  it('is used as long as it is less than one second old', async () => {
    const answer = ahead();
    nowMs = 999;
    expect(await answer()).toBe(1);
  });

  it('is asked again when it is one second old, as after a freeze', async () => {
    const answer = ahead();
    nowMs = 1_000;
    expect(await answer()).toBe(2);
  });

  it('is waited for where it is under way', async () => {
    const slow = Promise.withResolvers<number>();
    const answer = ahead(() => slow.promise);
    const first = answer();
    slow.resolve(7);
    expect(await first).toBe(7);
  });

  it('is asked again where it failed, and the failure is nobody’s', async () => {
    const answer = ahead(async () => {
      if (++asked === 1) throw new Error('not yet');
      return asked;
    });
    expect(await answer()).toBe(2);
  });

  it('is asked again where it does not come, after half a second', async () => {
    const answer = ahead(() => (++asked === 1 ? new Promise(() => undefined) : Promise.resolve(asked)));
    expect(await answer()).toBe(2);
  });

  it('is not waited for past its second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const answer = ahead(() => (++asked === 1 ? new Promise(() => undefined) : Promise.resolve(asked)));
    nowMs = 900;
    const first = answer();
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toBe(2);
    expect(await first).toBe(2);
  });

  it('fails as the second question does', async () => {
    const answer = ahead(async () => {
      throw new Error(`no ${++asked}`);
    });
    await expect(answer()).rejects.toThrow('no 2');
  });
});

it('what is asked ahead is asked once another answer is there, or once there is none', async () => {
  const first = Promise.withResolvers<number>();
  const earlier = prefetch(() => first.promise);
  const later = prefetch(count, earlier.over);
  expect(asked).toBe(0);
  first.reject(new Error('none'));
  expect(await later.ask()).toBe(1);
});

describe('a secret that is read ahead', () => {
  const DEFAULT = 'default';
  const calls: string[] = [];
  const store = inProcessStore(DEFAULT, 'text');
  const counted = {
    ...store,
    readCurrent: (name: string) => {
      calls.push(`readCurrent ${name}`);
      return store.readCurrent(name);
    },
    listVersions: (name: string) => {
      calls.push(`listVersions ${name}`);
      return store.listVersions(name);
    },
  };
  beforeEach(() => {
    calls.length = 0;
  });

  it('costs its first reading no call more', async () => {
    const primed = readAhead(counted, DEFAULT);
    expect(calls).toEqual([`readCurrent ${DEFAULT}`, `listVersions ${DEFAULT}`]);
    expect(await primed.readCurrent(DEFAULT)).toMatchObject({ text: 'text' });
    expect((await primed.listVersions(DEFAULT)).versions).toHaveLength(1);
    expect(calls).toHaveLength(2);
    await primed.readCurrent(DEFAULT);
    expect(calls).toHaveLength(3);
  });

  it('is none of another session’s business', async () => {
    const primed = readAhead(counted, DEFAULT);
    await expect(primed.readCurrent('other')).rejects.toMatchObject({ code: 'session_unknown' });
    await expect(primed.listVersions('other')).rejects.toMatchObject({
      code: 'session_unknown',
    });
    expect(calls.slice(2)).toEqual(['readCurrent other', 'listVersions other']);
  });

  it('may be missing', async () => {
    const primed = readAhead(counted, 'other');
    expect(await primed.readCurrent(DEFAULT)).toMatchObject({ text: 'text' });
  });
});

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { prefetch, prefetchSession } from '../../../lambda/logout/prefetch.ts';
import { inProcessStore } from '../in-process-store.ts';

let nowMs: number;
let asked: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  nowMs = 0;
  asked = 0;
});

/** Answers with the number of the request, unless that fails. */
const prefetched = (fails: (request: number) => boolean = () => false) =>
  prefetch(
    async () => {
      asked += 1;
      if (fails(asked)) throw new Error(`no ${asked}`);
      return asked;
    },
    () => nowMs,
  );

describe('a prefetched answer', () => {
  test.each<[what: string, fails: (request: number) => boolean, ageMs: number, answers: unknown[]]>([
    ['is the result of the first call, and of no other', () => false, 0, [1, 2, 3]],
    ['is used while it is less than a second old', () => false, 999, [1, 2]],
    ['is not used once it is a second old, as after a freeze', () => false, 1_000, [2, 3]],
    ['is replaced by a request if it failed', (request) => request === 1, 0, [2, 3]],
    ['does not hide the failure of the request after it', () => true, 0, ['no 2', 'no 3']],
  ])('%s', async (_, fails, ageMs, answers) => {
    const ask = await prefetched(fails);
    expect(asked).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    nowMs = ageMs;
    const calls = answers.map(() => ask().catch((error: Error) => error.message));
    expect(await Promise.all(calls)).toEqual(answers);
  });

  test('is not waited for longer than half a second, and is not used if it comes later', async () => {
    const late = Promise.withResolvers<string>();
    let isFirst = true;
    const ready = prefetch(
      () => {
        const answer = isFirst ? late.promise : Promise.resolve('new');
        isFirst = false;
        return answer;
      },
      () => nowMs,
    );
    await vi.advanceTimersByTimeAsync(500);
    const ask = await ready;
    late.resolve('late');
    expect(await ask()).toBe('new');
  });
});

describe('a prefetched session', () => {
  const LABEL = { label: 'BLINK_LOGOUT' };
  const store = inProcessStore('default', 'text');
  const calls: string[] = [];
  const counted = {
    ...store,
    readCurrent: (name: string) => {
      calls.push(`current of ${name}`);
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

  test('makes no further call for its first reading', async () => {
    const session = await prefetchSession(counted, 'default');
    const ahead = ['current of default', 'BLINK_LOGOUT of default', 'BLINK_LOGOUT_CLAIM of default'];
    expect(calls).toEqual(ahead);
    expect(await session.readCurrent('default')).toMatchObject({ text: 'text' });
    expect(await session.readVersion('default', LABEL)).toBeUndefined();
    expect(calls).toEqual(ahead);
    await session.readCurrent('default');
    await session.readVersion('default', LABEL);
    expect(calls.slice(3)).toEqual(['current of default', 'BLINK_LOGOUT of default']);
  });

  test('does not answer for another session', async () => {
    const session = await prefetchSession(counted, 'default');
    await expect(session.readCurrent('other')).rejects.toMatchObject({ code: 'session_unknown' });
    await expect(session.readVersion('other', LABEL)).rejects.toMatchObject({ code: 'session_unknown' });
    expect(calls.slice(3)).toEqual(['current of other', 'BLINK_LOGOUT of other']);
  });

  test('may be missing', async () => {
    const session = await prefetchSession(counted, 'other');
    expect(await session.readCurrent('default')).toMatchObject({ text: 'text' });
  });
});

import { beforeEach, describe, expect, test, vi } from 'vitest';
import { prefetch } from '../../../lambda/logout/prefetch.ts';

let asked: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  asked = 0;
});

/** Answers with the number of the request, unless that fails. */
const prefetched = (fails: (request: number) => boolean = () => false) =>
  prefetch(async () => {
    asked += 1;
    if (fails(asked)) throw new Error(`no ${asked}`);
    return asked;
  });

/** What is prefetched, and used by the first run, test/lambda/critical-path.test.ts has. */
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
    vi.setSystemTime(Date.now() + ageMs);
    const calls = answers.map(() => ask().catch((error: Error) => error.message));
    expect(await Promise.all(calls)).toEqual(answers);
  });

  test('is not waited for longer than half a second, and is not used if it comes later', async () => {
    const late = Promise.withResolvers<string>();
    let isFirst = true;
    const ready = prefetch(() => {
      const answer = isFirst ? late.promise : Promise.resolve('new');
      isFirst = false;
      return answer;
    });
    await vi.advanceTimersByTimeAsync(500);
    const ask = await ready;
    late.resolve('late');
    expect(await ask()).toBe('new');
  });
});

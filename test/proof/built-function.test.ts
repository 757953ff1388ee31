import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Lambda } from '../../local/lambda.ts';
import { LambdaProcess } from '../../local/lambda-process.ts';
import { runEventOf } from '../../local/run-event.ts';
import { startHttpApi } from '../../local/start-http-api.ts';
import { codeOf } from '../code-of.ts';
import { withoutCanary } from '../no-canary.ts';
import { figures, isLong } from './figures.ts';
import { type FunctionUnderTest, startFunctionUnderTest, WEBHOOK_KEY } from './function-under-test.ts';

// The models play these and all other faults; test/end-to-end/triggers.test.ts has some of Blink's.

/** A new account's concurrency, in the long form. */
const PROCESSES = isLong ? 10 : 3;
const CALLS = isLong ? 200 : 40;
const RUNS = isLong ? 200 : 20;
const PATIENT = { timeout: 60_000 };

let subject: FunctionUnderTest;
let lambda: Lambda;

beforeAll(async () => {
  subject = await startFunctionUnderTest();
  lambda = new Lambda(subject.fn, subject.endpoints, PROCESSES);
});
afterEach(() => {
  subject.secretsManager.faults.clear();
  subject.blink.faults.clear();
});
afterAll(async () => {
  await lambda.kill();
  await subject.close();
});

/** The writes of a run after its claim have no answer, so many times. */
function loseSaves(times: number): void {
  let writes = 0;
  const where = () => writes++ > 0 && writes <= times + 1;
  subject.secretsManager.faults.before('PutSecretValue', { do: 'destroy' }, { where });
}

test('promise 3: Secrets Manager goes down after the refresh and comes back: the token is saved', async () => {
  const session = subject.signIn('saved-late');
  loseSaves(2);
  const invocation = withoutCanary(await lambda.invoke({ session: session.name }));
  expect(runEventOf(invocation)).toMatchObject({ outcome: 'logged_out', SaveRetries: 2 });
  expect(subject.holdsNewestToken(session)).toBe(true);
});

test.runIf(isLong)(
  'promise 3: it never comes back: the run says so before it is ended',
  PATIENT,
  async () => {
    const session = subject.signIn('never-saved');
    loseSaves(Number.POSITIVE_INFINITY);
    const impatient = new LambdaProcess({ ...subject.fn, timeoutSeconds: 20 }, subject.endpoints);
    const invocation = withoutCanary(await impatient.invoke({ session: session.name }));
    await impatient.kill();
    expect(runEventOf(invocation)).toMatchObject({ code: 'save_failed', level: 'ERROR' });
    expect(invocation.durationMs).toBeGreaterThan(18_000);
  },
);

test.runIf(isLong)('promise 11: Blink answers a refresh too late: the next run sends none', async () => {
  const { name } = subject.signIn('late');
  subject.blink.faults.after('refresh', { do: 'hold', ms: 9000 }, { times: 1 });
  const before = subject.blink.calls.length;
  const first = withoutCanary(await lambda.invoke({ session: name }));
  expect(runEventOf(first)).toMatchObject({ code: 'blink_timeout', refreshTries: 1 });
  expect(codeOf(await lambda.invoke({ session: name }))).toBe('session_busy');
  expect(subject.blink.calls).toHaveLength(before + 1);
});

const replySchema = v.object({ outcome: v.optional(v.string()), code: v.optional(v.string()) });

test(`promises 1 and 9: of ${CALLS} webhook calls at once, one refreshes and logs out`, PATIENT, async () => {
  const { blink } = subject;
  const session = subject.signIn('porch');
  const check = { action: 'check', session: session.name };
  await Promise.all(Array.from({ length: PROCESSES }, () => lambda.invoke(check)));
  const [callsBefore, logoutsBefore] = [blink.calls.length, blink.logouts.length];
  const httpApi = await startHttpApi({
    routes: ['POST /logout/{session}'],
    invoke: async (event) => withoutCanary(await lambda.invoke(event)),
  });
  const call = async () => {
    const response = await fetch(`${httpApi.url}/logout/${session.name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WEBHOOK_KEY}` },
    });
    const { outcome, code } = v.parse(replySchema, await response.json());
    return outcome ?? code ?? 'nothing that is known';
  };
  const replies = await Promise.all(Array.from({ length: CALLS }, call));
  await httpApi.close();

  const count = (word: string) => replies.filter((reply) => reply === word).length;
  const [loggedOut, sessionBusy] = [count('logged_out'), count('session_busy')];
  const alreadyLoggedOut = count('already_logged_out');
  figures('load', { calls: CALLS, loggedOut, sessionBusy, alreadyLoggedOut });
  expect([loggedOut, sessionBusy + alreadyLoggedOut]).toEqual([1, CALLS - 1]);
  expect(blink.calls.slice(callsBefore).map(({ action }) => action)).toEqual(['refresh', 'logout']);
  expect(blink.logouts).toHaveLength(logoutsBefore + 1);
  expect(subject.holdsNewestToken(session)).toBe(true);
});

/**
 * The one window that no client can close: from Blink's answer, as it leaves, until the new token is on its way into
 * the secret, and until it is there. On this machine: what the function itself takes, with no network in between.
 */
test('promise 3: what Blink answered is on its way into the secret at once', PATIENT, async () => {
  let answeredAtMs = Number.NaN;
  const receivedMs: number[] = [];
  const savedMs: number[] = [];
  subject.blink.faults.onCall = ({ action }, moment) => {
    if (action === 'refresh' && moment === 'after') answeredAtMs = performance.now();
    return undefined;
  };
  subject.secretsManager.faults.onCall = ({ action }, moment) => {
    if (action !== 'PutSecretValue' || Number.isNaN(answeredAtMs)) return undefined;
    (moment === 'before' ? receivedMs : savedMs).push(performance.now() - answeredAtMs);
    if (moment === 'after') answeredAtMs = Number.NaN;
    return undefined;
  };
  for (let run = 0; run < RUNS; run++) {
    const { name } = subject.signIn(`window-${run}`);
    expect(codeOf(await lambda.invoke({ session: name }))).toBe('logged_out');
  }
  figures('window between Blink’s answer and the save', {
    runs: RUNS,
    msUntilReceivedMedian: median(receivedMs),
    msUntilReceivedMax: tenths(Math.max(...receivedMs)),
    msUntilSavedMedian: median(savedMs),
    msUntilSavedMax: tenths(Math.max(...savedMs)),
  });
  expect(receivedMs).toHaveLength(RUNS);
  expect(median(receivedMs)).toBeLessThan(500);
});

function median(values: readonly number[]): number {
  return tenths(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FleetResult, fleetResultSchema } from '../../lambda/core/fleet-result.ts';
import { text } from '../../local/blink/answers.ts';
import type { BlinkAction } from '../../local/blink/routes.ts';
import type { BlinkCall } from '../../local/blink/start-blink.ts';
import { type LocalSession, secretNameOf, storedToken } from '../../local/local-session.ts';
import { type StackUnderTest, startStackUnderTest } from '../end-to-end/stack-under-test.ts';
import { figures } from './figures.ts';

/**
 * So many sessions of each kind, whose names begin with it, and the refreshes and logouts that Blink may be asked for each.
 * Promise 12: a definite no is not asked for again, also not by the later passes.
 */
const KINDS = [
  { kind: 'healthy', count: 3, requests: [1, 1] },
  { kind: 'signed-out', count: 1, requests: [1, 0] },
  { kind: 'refused', count: 2, requests: [1, 0] },
  { kind: 'refresh-503', count: 1, requests: [2, 1] },
  { kind: 'logout-503', count: 1, requests: [1, 2] },
  { kind: 'rejected', count: 1, requests: [1, 1] },
] as const;
type Kind = (typeof KINDS)[number]['kind'];
const NO_SESSIONS = ['no-session'];
const NESTED = ['eu/garden', 'eu/shed'];

let stack: StackUnderTest;
let sessions: readonly LocalSession[];
/** The refresh token that each session has before the first execution. */
let tokens: ReadonlyMap<string, string>;

const ofKind = (kind: Kind) => sessions.filter(({ name }) => name.startsWith(`${kind}-`));
const namesOf = (kind: Kind) => ofKind(kind).map(({ name }) => name);

beforeAll(async () => {
  stack = await startStackUnderTest();
  stack.executions.skipsWaits = true;
  sessions = KINDS.flatMap(({ kind, count }) =>
    Array.from({ length: count }, (_, index) => stack.signIn('blinkpy', `${kind}-${index + 1}`)),
  );
  for (const { name } of ofKind('signed-out')) await stack.invoke({ session: name });
  // Longer than a delivery is repeated.
  stack.secretsManager.clock.advanceMs(60 * 60 * 1000);
  tokens = new Map(sessions.map((session) => [session.name, storedToken(stack, session).newest]));
  // Another program has spent these.
  for (const name of namesOf('refused')) stack.blink.tokens.refresh(tokens.get(name) ?? '');
  const { secrets } = stack.secretsManager;
  for (const name of [...NO_SESSIONS, ...NESTED])
    secrets.create(secretNameOf({ name }), 'canary, no session');
  fail('refresh-503', 'refresh', 503, 1);
  fail('logout-503', 'logout', 503, 1);
  fail('rejected', 'logout', 403);
});
afterAll(() => stack.close());

/** Blink answers these sessions' requests with the status, each of them so many times. */
function fail(kind: Kind, on: BlinkAction, status: number, times?: number): void {
  for (const { name, clientId } of ofKind(kind)) {
    const where = ({ form, path }: BlinkCall) =>
      form['refresh_token'] === tokens.get(name) || path.includes(`/${clientId}/`);
    const effect = { do: 'answer', answer: text(status, '') } as const;
    stack.blink.faults.before(on, effect, { where, ...(times !== undefined && { times }) });
  }
}

/** Runs an execution over all sessions to its end. Its waits are skipped, and the stand-ins' clocks stand still in them. */
async function execute(name: string) {
  const [blinkBefore, mailsBefore] = [stack.blink.calls.length, stack.sns.mails.length];
  const { ended } = stack.executions.start('{"sessions":"all"}', `blink-logout-fleet-command-${name}`);
  const end = await ended;
  if (end.kind === 'failed') throw new Error(end.error.errorMessage);
  const result: FleetResult = v.parse(fleetResultSchema, end.payload);
  const calls = stack.blink.calls.slice(blinkBefore);
  return { result, calls, mails: stack.sns.mails.slice(mailsBefore) };
}

/** The sessions that the e-mail names with a code. */
function named(mail: string): readonly string[] {
  const lines = mail.matchAll(/([\w-]+)(?: --region \S+)? {2}# (\w+)$/gm);
  return [...lines].map(([, name, code]) => `${name}: ${code}`).toSorted();
}

function withCodes(failed: FleetResult['failed']): readonly string[] {
  return Object.entries(failed)
    .flatMap(([code, names]) => names.map((name) => `${name}: ${code}`))
    .toSorted();
}

test('the fleet logs out each session that can be, once, tells one e-mail of the others, and repeats nothing', {
  timeout: 120_000,
}, async () => {
  const startedAtMs = performance.now();
  const first = await execute('1');
  const loggedOut = [...namesOf('healthy'), ...namesOf('refresh-503'), ...namesOf('logout-503')];
  const failed = {
    reauthentication_required: namesOf('refused'),
    session_invalid: NO_SESSIONS,
    blink_rejected: namesOf('rejected'),
  };
  expect(first.result).toEqual({
    tried: sessions.length + NO_SESSIONS.length,
    loggedOut: loggedOut.length,
    signedOut: namesOf('signed-out'),
    failed,
    notTried: [],
    skipped: NESTED,
    seconds: expect.any(Number),
  });
  const requests = KINDS.map(({ count, requests: [refreshes, logouts] }) => count * (refreshes + logouts));
  expect(first.calls).toHaveLength(requests.reduce((sum, count) => sum + count));
  for (const { kind, requests: allowed } of KINDS) {
    for (const session of ofKind(kind)) {
      const { name, clientId } = session;
      const refreshes = first.calls.filter(({ form }) => form['refresh_token'] === tokens.get(name));
      const logouts = first.calls.filter(({ path }) => path.includes(`/${clientId}/`));
      expect([name, refreshes.length, logouts.length]).toEqual([name, ...allowed]);
      const ended = stack.blink.logouts.filter((logout) => logout.clientId === clientId);
      expect([name, ended.length]).toEqual([name, kind === 'refused' || kind === 'rejected' ? 0 : 1]);
      expect([name, storedToken(stack, session).isStored]).toEqual([name, kind !== 'refused']);
    }
  }
  expect(first.mails.map(({ subject }) => subject)).toEqual(['blink-logout: 4 sessions not logged out']);
  const mail = first.mails[0]?.text ?? '';
  expect(named(mail)).toEqual(withCodes(failed));
  expect(mail).toContain(`but not sessions (2):\n  ${NESTED.join('\n  ')}\n`);
  expect(mail).toContain(`has no effect (1):\n  ${namesOf('signed-out').join('\n  ')}`);

  const second = await execute('2');
  expect(second.calls).toEqual([]);
  const { blink_rejected: cooling_down, ...others } = failed;
  const failedAgain = { ...others, cooling_down };
  expect(second.result).toEqual({ ...first.result, failed: failedAgain, seconds: expect.any(Number) });
  expect(second.mails.map((again) => named(again.text))).toEqual([withCodes(failedAgain)]);
  figures('fleet', {
    sessions: first.result.tried,
    loggedOut: first.result.loggedOut,
    requestsToBlink: first.calls.length,
    requestsOfASecondExecution: second.calls.length,
    milliseconds: Math.round(performance.now() - startedAtMs),
  });
});

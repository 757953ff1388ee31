import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FleetResult, fleetResultSchema } from '../../lambda/core/fleet-result.ts';
import { text } from '../../local/blink/answers.ts';
import type { BlinkAction } from '../../local/blink/routes.ts';
import { type LocalSession, secretNameOf, storedToken } from '../../local/local-session.ts';
import { type StackUnderTest, startStackUnderTest } from '../end-to-end/stack-under-test.ts';
import { figures } from './figures.ts';

/**
 * So many sessions of each kind, whose names begin with it, and the refreshes and logouts that Blink may be asked for each.
 * Promise 12: a definite no is not asked for again, also not by the later passes.
 */
const KINDS = {
  healthy: { count: 38, requests: [1, 1] },
  'signed-out': { count: 5, requests: [1, 0] },
  refused: { count: 4, requests: [1, 0] },
  'refresh-503': { count: 3, requests: [2, 1] },
  'logout-503': { count: 3, requests: [1, 2] },
  rejected: { count: 3, requests: [1, 1] },
} as const;
type Kind = keyof typeof KINDS;
const NO_SESSIONS = ['no-session-1', 'no-session-2', 'no-session-3'];
const NESTED = ['eu/garden', 'eu/shed'];

let stack: StackUnderTest;
let sessions: readonly LocalSession[];
/** The refresh token that each session has before the first execution. */
let tokens: ReadonlyMap<string, string>;

const isOf = (kind: Kind, { name }: LocalSession) => name.startsWith(`${kind}-`);
const ofKind = (kind: Kind) => sessions.filter((session) => isOf(kind, session));
const namesOf = (kind: Kind) => ofKind(kind).map(({ name }) => name);

beforeAll(async () => {
  stack = await startStackUnderTest();
  stack.executions.skipsWaits = true;
  sessions = Object.entries(KINDS).flatMap(([kind, { count }]) =>
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
    stack.blink.faults.before(
      on,
      { do: 'answer', answer: text(status, '') },
      {
        where: ({ form, path }) =>
          form['refresh_token'] === tokens.get(name) || path.includes(`/${clientId}/`),
        ...(times !== undefined && { times }),
      },
    );
  }
}

/** Runs an execution over all sessions to its end. Its waits are skipped, and the stand-ins' clocks stand still in them. */
async function execute(name: string) {
  const [blinkBefore, mailsBefore] = [stack.blink.calls.length, stack.sns.mails.length];
  const { ended } = stack.executions.start('{"sessions":"all"}', `blink-logout-fleet-command-${name}`);
  const end = await ended;
  if ('error' in end) throw new Error(end.error);
  const result: FleetResult = v.parse(fleetResultSchema, JSON.parse(end.result ?? ''));
  const calls = stack.blink.calls.slice(blinkBefore);
  return { result, calls, mails: stack.sns.mails.slice(mailsBefore) };
}

/** The sessions that the e-mail names, by the code after them. */
function named(mail: string): Readonly<Record<string, readonly string[]>> {
  const lines = [
    ...mail.matchAll(/^ {2}(?:bin\/blink-logout [\w-]+ )?([\w-]+)(?: --region \S+)? {2}# (\w+)$/gm),
  ];
  const codes = new Set(lines.map(([, , code = '']) => code));
  return Object.fromEntries(
    [...codes].map((of) => [of, lines.flatMap(([, name = '', code]) => (code === of ? [name] : []))]),
  );
}

test('the fleet logs out each session that can be, once, tells one e-mail of the others, and repeats nothing', {
  timeout: 120_000,
}, async () => {
  const startedAtMs = performance.now();
  const first = await execute('1');
  const firstMs = performance.now() - startedAtMs;
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
  const requests = Object.values(KINDS).map(
    ({ count, requests: [refreshes, logouts] }) => count * (refreshes + logouts),
  );
  expect(first.calls).toHaveLength(requests.reduce((sum, count) => sum + count));
  for (const session of sessions) {
    const { name, clientId } = session;
    const kind = Object.entries(KINDS).find(([of]) => name.startsWith(`${of}-`))?.[1];
    expect({
      name,
      requests: [
        first.calls.filter(({ form }) => form['refresh_token'] === tokens.get(name)).length,
        first.calls.filter(({ path }) => path.includes(`/${clientId}/`)).length,
      ],
      logouts: stack.blink.logouts.filter((logout) => logout.clientId === clientId).length,
      isNewestStored: storedToken(stack, session).isStored,
    }).toEqual({
      name,
      requests: kind?.requests,
      logouts: isOf('refused', session) || isOf('rejected', session) ? 0 : 1,
      isNewestStored: !isOf('refused', session),
    });
  }
  expect(first.mails.map(({ subject }) => subject)).toEqual(['blink-logout: 10 sessions not logged out']);
  const mail = first.mails[0]?.text ?? '';
  expect(named(mail)).toEqual(failed);
  expect(mail).toContain(`but not sessions (2):\n  ${NESTED.join('\n  ')}\n`);
  expect(mail).toContain(`has no effect (5):\n  ${namesOf('signed-out').join('\n  ')}`);

  const second = await execute('2');
  expect(second.calls).toEqual([]);
  const { blink_rejected: rejected, ...others } = failed;
  expect(second.result).toMatchObject({
    ...{ ...first.result, seconds: expect.any(Number) },
    failed: { ...others, cooling_down: rejected },
  });
  expect(second.mails.map((sent) => named(sent.text))).toEqual([{ ...others, cooling_down: rejected }]);
  figures('fleet', {
    sessions: first.result.tried,
    loggedOut: first.result.loggedOut,
    requestsToBlink: first.calls.length,
    requestsOfASecondExecution: second.calls.length,
    milliseconds: Math.round(firstMs),
    millisecondsOfTheSecond: Math.round(performance.now() - startedAtMs - firstMs),
  });
});

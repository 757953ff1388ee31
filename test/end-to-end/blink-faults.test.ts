import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { html, json, oauthError, redirect, text } from '../../local/blink/answers.ts';
import type { BlinkAction } from '../../local/blink/routes.ts';
import type { BlinkCall } from '../../local/blink/start-blink.ts';
import type { Effect, Moment } from '../../local/faults.ts';
import { type LocalSession, storedToken } from '../../local/local-session.ts';
import type { Answer } from '../../local/loopback-server.ts';
import { codeOf, runEventOf } from '../../local/run-event.ts';
import { type StackUnderTest, startStackUnderTest } from './stack-under-test.ts';

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStackUnderTest();
});
afterAll(() => stack.close());

interface Fault {
  readonly effect: Effect;
  readonly at?: Moment;
  /** @default - as long as the run lasts */
  readonly times?: number;
}

/** Runs a logout under a fault that meets this session alone, then another one without it. */
async function runTwice(session: LocalSession, faults: readonly (Fault & { on: BlinkAction })[]) {
  let isOn = true;
  const { newest } = storedToken(stack, session);
  stack.blink.faults.add(
    ...faults.map(({ on, effect, at = 'before', times }) => ({
      on,
      at,
      effect,
      ...(times === undefined ? {} : { times }),
      where: (call: BlinkCall) => isOn && isOf(session, newest, call),
    })),
  );
  const first = codeOf(await stack.invoke({ session: session.name }));
  const tries = stack.blink.calls.filter(
    (call) => isOf(session, newest, call) && faults.some(({ on }) => on === call.action),
  ).length;
  const between = storedToken(stack, session);
  isOn = false;
  const second = codeOf(await stack.invoke({ session: session.name }));
  return { first, tries, between, second };
}

function isOf({ clientId }: LocalSession, refreshToken: string, { form, path }: BlinkCall): boolean {
  return form['refresh_token'] === refreshToken || path.includes(`/${clientId}/`);
}

function answer(status: number, body: Answer['body'] = '', headers: Answer['headers'] = {}): Fault {
  return { effect: { do: 'answer', answer: { status, headers, body } } };
}

function instead(given: Answer): Fault {
  return { effect: { do: 'answer', answer: given } };
}

const HTML = html(200, '<!doctype html><title>canary</title>');
const REDIRECT = redirect('http://127.0.0.1:9/canary');
const CUT: Effect = { do: 'destroy' };
const CUT_OFF: Effect = { do: 'cut-off' };

/** Of the run with the fault, and of the next one. */
type Codes = readonly [string, string];
const REAUTHENTICATE: Codes = ['reauthentication_required', 'reauthentication_required'];
const REJECTED: Codes = ['blink_rejected', 'cooling_down'];
const TOO_MANY: Codes = ['rate_limited', 'cooling_down'];
const UNAVAILABLE: Codes = ['blink_unavailable', 'logged_out'];
const PASSED: Codes = ['logged_out', 'already_logged_out'];

/** Over real sockets and in the bundle. The tables in test/lambda/core/blink have the other statuses and bodies. */
describe('a refresh that goes wrong costs no token', () => {
  test.concurrent.each<[string, Fault, number, Codes]>([
    ['invalid_grant', instead(oauthError(400, 'invalid_grant')), 1, REAUTHENTICATE],
    ['invalid_client, whoever asks', instead(oauthError(401, 'invalid_client')), 4, REJECTED],
    ['406, the edge’s block', instead(text(406, 'Not Acceptable')), 1, REJECTED],
    ['429', instead(json(429, { message: 'canary', code: 111 })), 1, TOO_MANY],
    ['500', instead(json(500, { message: 'canary' })), 2, UNAVAILABLE],
    ['503 once', { ...answer(503), times: 1 }, 2, PASSED],
    ['a redirect', instead(REDIRECT), 1, REJECTED],
    ['HTML', instead(HTML), 1, REJECTED],
    ['no connection', { effect: CUT }, 2, UNAVAILABLE],
    ['no connection once', { effect: CUT, times: 1 }, 2, PASSED],
  ])('%s', async (_what, fault, times, codes) => {
    const session = stack.signIn('blinkpy');
    const { first, tries, between, second } = await runTwice(session, [{ ...fault, on: 'refresh' }]);
    expect([first, second]).toEqual(codes);
    expect(tries).toBe(times);
    expect(between.isStored).toBe(true);
    expect(storedToken(stack, session).isStored).toBe(true);
  });
});

/** Blink has spent the token, and nobody heard it: no client can close this window. */
describe('a refresh whose answer is lost costs the session, and is reported', () => {
  test.concurrent.each<[string, Fault, number, string]>([
    ['a cut-off answer', { effect: CUT_OFF, at: 'after' }, 1, 'blink_unavailable'],
    ['no answer', { effect: CUT, at: 'after' }, 2, 'blink_unavailable'],
    ['no answer once', { effect: CUT, at: 'after', times: 1 }, 2, 'reauthentication_required'],
    ['a 500 in its place once', { ...answer(500), at: 'after', times: 1 }, 2, 'reauthentication_required'],
  ])('%s', async (_what, fault, times, code) => {
    const session = stack.signIn('Homebridge');
    const { first, tries, second } = await runTwice(session, [{ ...fault, on: 'refresh' }]);
    expect([first, second]).toEqual([code, 'reauthentication_required']);
    expect(tries).toBe(times);
    expect(runEventOf(await stack.invoke({ session: session.name }))).toMatchObject({
      line: { code: 'reauthentication_required', reason: 'lost_between_refresh_and_save' },
    });
  });
});

describe('a logout that goes wrong leaves the new token stored', () => {
  test.concurrent.each<[string, Fault, number, Codes]>([
    ['401', instead(json(401, { message: 'Unauthorized Access', code: 101 })), 1, REJECTED],
    ['429', answer(429), 1, TOO_MANY],
    ['500 once', { ...answer(500), times: 1 }, 2, PASSED],
    ['a redirect', instead(REDIRECT), 1, REJECTED],
    ['no connection', { effect: CUT }, 2, UNAVAILABLE],
    ['404 of the older path', answer(404), 1, PASSED],
  ])('%s', async (_what, fault, times, codes) => {
    const session = stack.signIn('BLINK_TOKENS');
    const { first, tries, between, second } = await runTwice(session, [{ ...fault, on: 'logout' }]);
    expect([first, second]).toEqual(codes);
    expect(tries).toBe(times);
    expect(between.isStored).toBe(true);
    expect(storedToken(stack, session).isStored).toBe(true);
    const logouts = stack.blink.logouts.filter(({ clientId }) => clientId === session.clientId);
    expect(logouts).toHaveLength(second === 'cooling_down' ? 0 : 1);
  });

  test.concurrent('a logout whose answer is lost is a success: its repetition finds the client gone', async () => {
    const session = stack.signIn('BLINK_TOKENS');
    const lost = { effect: CUT, at: 'after', times: 1, on: 'logout' } as const;
    const { first, second } = await runTwice(session, [lost]);
    expect([first, second]).toEqual(['logged_out', 'already_logged_out']);
    expect(stack.blink.logouts.filter(({ clientId }) => clientId === session.clientId)).toHaveLength(1);
  });

  test.concurrent('404 of both paths', async () => {
    const session = stack.signIn('BLINK_TOKENS');
    const { first, between, second } = await runTwice(session, [
      { ...answer(404), on: 'logout' },
      { ...answer(404), on: 'newer-logout' },
    ]);
    expect([first, second]).toEqual(['blink_rejected', 'cooling_down']);
    expect(between.isStored).toBe(true);
  });

  test.concurrent('401 is not answered by the newer path', async () => {
    const session = stack.signIn('BLINK_TOKENS');
    await runTwice(session, [{ ...answer(401), on: 'logout', times: 1 }]);
    const paths = stack.blink.calls
      .map(({ path }) => path)
      .filter((path) => path.includes(`/${session.clientId}/`));
    expect(paths).toEqual([`/api/v4/account/123456/client/${session.clientId}/logout`]);
  });
});

test('no call went anywhere but to Blink’s own hosts', () => {
  const hosts = new Set(stack.blink.calls.map(({ host }) => host));
  expect([...hosts].toSorted()).toEqual(['api.oauth.blink.com', 'rest-e008.immedia-semi.com']);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { html, json, oauthError, redirect, text } from '../../local/blink/answers.ts';
import type { BlinkAction } from '../../local/blink/routes.ts';
import type { BlinkCall } from '../../local/blink/start-blink.ts';
import type { Effect, Moment } from '../../local/faults.ts';
import { storedToken } from '../../local/local-session.ts';
import type { Answer } from '../../local/loopback-server.ts';
import { runEventOf } from '../../local/run-event.ts';
import { codeOf } from '../code-of.ts';
import { type StackUnderTest, startStackUnderTest } from './stack-under-test.ts';

/** Over real sockets and in the bundle. The tables in test/lambda/core/blink have the other statuses and bodies. */

let stack: StackUnderTest;

beforeAll(async () => {
  stack = await startStackUnderTest();
});
afterAll(() => stack.close());

interface Fault {
  readonly effect: Effect;
  /** @default before */
  readonly at?: Moment;
  /** @default - as long as the run lasts */
  readonly times?: number;
}

/** Runs a logout under a fault that meets this session alone, then another one without it. */
async function runTwice(on: readonly BlinkAction[], { effect, at = 'before', times }: Fault) {
  const session = stack.signIn('blinkpy');
  const { name, clientId } = session;
  const { newest } = storedToken(stack, session);
  const isOf = ({ form, path }: BlinkCall) =>
    form['refresh_token'] === newest || path.includes(`/${clientId}/`);
  const calls = () =>
    stack.blink.calls.filter((call) => isOf(call) && on.some((action) => action === call.action));
  let isOn = true;
  const where = (call: BlinkCall) => isOn && isOf(call);
  const limit = times === undefined ? {} : { times };
  for (const action of on) stack.blink.faults[at](action, effect, { where, ...limit });
  const first = codeOf(await stack.invoke({ session: name }));
  const tries = calls().length;
  const isStoredBetween = storedToken(stack, session).isStored;
  isOn = false;
  const second = codeOf(await stack.invoke({ session: name }));
  const isStored = isStoredBetween && storedToken(stack, session).isStored;
  const logouts = stack.blink.logouts.filter((logout) => logout.clientId === clientId).length;
  return { name, codes: [first, second], tries, isStored, logouts };
}

function answer(given: Answer): Fault {
  return { effect: { do: 'answer', answer: given } };
}

const REDIRECT = answer(redirect('http://127.0.0.1:9/canary'));
const CUT: Fault = { effect: { do: 'destroy' } };

describe('a fault that costs no token', () => {
  /** The codes are of the run with the fault, and of the next one. */
  test.concurrent.each<[BlinkAction, string, Fault, number, string, string]>([
    [
      'refresh',
      'invalid_client, whoever asks',
      answer(oauthError(401, 'invalid_client')),
      4,
      'blink_rejected',
      'cooling_down',
    ],
    [
      'refresh',
      '406, the edge’s block',
      answer(text(406, 'Not Acceptable')),
      1,
      'blink_rejected',
      'cooling_down',
    ],
    [
      'refresh',
      '429',
      answer(json(429, { message: 'canary', code: 111 })),
      1,
      'rate_limited',
      'cooling_down',
    ],
    ['refresh', '503 once', { ...answer(text(503, '')), times: 1 }, 2, 'logged_out', 'already_logged_out'],
    ['refresh', 'a redirect', REDIRECT, 1, 'blink_rejected', 'cooling_down'],
    ['refresh', 'HTML', answer(html(200, '<title>canary</title>')), 1, 'blink_rejected', 'cooling_down'],
    ['refresh', 'no connection', CUT, 2, 'blink_unavailable', 'logged_out'],
    ['logout', '401', answer(json(401, { code: 101 })), 1, 'blink_rejected', 'cooling_down'],
    ['logout', '500 once', { ...answer(text(500, '')), times: 1 }, 2, 'logged_out', 'already_logged_out'],
    ['logout', 'a redirect', REDIRECT, 1, 'blink_rejected', 'cooling_down'],
    ['logout', 'no connection', CUT, 2, 'blink_unavailable', 'logged_out'],
    ['logout', 'no answer once', { ...CUT, at: 'after', times: 1 }, 2, 'logged_out', 'already_logged_out'],
    ['logout', '404 of the older path', answer(text(404, '')), 1, 'logged_out', 'already_logged_out'],
  ])('%s: %s', async (on, _what, fault, tries, ...codes) => {
    const seen = await runTwice([on], fault);
    const logouts = codes.includes('logged_out') ? 1 : 0;
    expect(seen).toMatchObject({ codes, tries, isStored: true, logouts });
  });

  test.concurrent('404 of both paths of the logout', async () => {
    const seen = await runTwice(['logout', 'newer-logout'], answer(text(404, '')));
    expect(seen).toMatchObject({ codes: ['blink_rejected', 'cooling_down'], tries: 2, isStored: true });
  });
});

/** Blink has spent the token, and nobody heard it: no client can close this window. */
describe('a refresh whose answer is lost costs the session, and is reported', () => {
  test.concurrent.each<[string, Fault, number, string]>([
    ['a cut-off answer', { effect: { do: 'cut-off' }, at: 'after' }, 1, 'blink_unavailable'],
    ['no answer', { ...CUT, at: 'after' }, 2, 'blink_unavailable'],
    [
      'a 500 in its place once',
      { ...answer(text(500, '')), at: 'after', times: 1 },
      2,
      'reauthentication_required',
    ],
  ])('%s', async (_what, fault, tries, code) => {
    const seen = await runTwice(['refresh'], fault);
    expect(seen).toMatchObject({ codes: [code, 'reauthentication_required'], tries, isStored: false });
    expect(runEventOf(await stack.invoke({ session: seen.name }))).toMatchObject({
      code: 'reauthentication_required',
      reason: 'lost_between_refresh_and_save',
    });
  });
});

test('no call went anywhere but to Blink’s own hosts', () => {
  const hosts = new Set(stack.blink.calls.map(({ host }) => host));
  expect([...hosts].toSorted()).toEqual(['api.oauth.blink.com', 'rest-e008.immedia-semi.com']);
});

import * as v from 'valibot';
import type { Invocation } from './lambda-process.ts';
import type { LocalSession } from './local-session.ts';
import { LOCAL_SESSIONS } from './local-sessions.ts';
import type { LocalStack } from './local-stack.ts';
import { type StoredToken, storedToken } from './stored-token.ts';

/** One run of the function, and what came of it. */
export interface Stop {
  readonly title: string;
  /** What a person would have typed, pasted or sent. */
  readonly call: string;
  readonly session: LocalSession;
  readonly invocation: Invocation;
  /** The calls that Blink got, such as `POST api.oauth.blink.com/oauth/token`. */
  readonly blinkCalls: readonly string[];
  readonly before: StoredToken;
  readonly after: StoredToken;
  /** What is not as it should be. */
  readonly faults: readonly string[];
}

interface Plan {
  readonly title: string;
  readonly call: string;
  readonly session: LocalSession;
  readonly expected: 'ready' | 'logged_out';
  /** Resolves with what the caller is told. */
  readonly run: (stack: LocalStack) => Promise<unknown>;
}

/** The main job through each trigger, on a session of each form. */
export async function* tour(stack: LocalStack): AsyncGenerator<Stop> {
  const { default: first, homeAssistant, homebridge } = LOCAL_SESSIONS;
  const { rule } = stack.deployment;
  const plans: readonly Plan[] = [
    byConsole('From the console: could "default" be logged out?', first, 'ready', {
      session: first.name,
      action: 'check',
    }),
    byConsole('From the console: log out "home-assistant"', homeAssistant, 'logged_out', {
      session: homeAssistant.name,
    }),
    {
      title: 'By the webhook: log out "homebridge"',
      call: `POST /logout/${homebridge.name}, with the key`,
      session: homebridge,
      expected: 'logged_out',
      run: ({ httpApi, authorization }) => post(`${httpApi.url}/logout/${homebridge.name}`, authorization),
    },
    {
      title: 'By the schedule: log out "default"',
      call: `EventBridge rule, ${rule.schedule}${rule.enabled ? '' : ', disabled until the setting "schedule" is given'}`,
      session: first,
      expected: 'logged_out',
      run: async (local) => told(await local.fireRule()),
    },
  ];
  for (const plan of plans) yield visit(stack, plan);
}

function byConsole(title: string, session: LocalSession, expected: Plan['expected'], event: object): Plan {
  return {
    title,
    call: `invoke ${JSON.stringify(event)}`,
    session,
    expected,
    run: async ({ invoke }) => told(await invoke(event)),
  };
}

function told({ result }: Invocation): unknown {
  return result.kind === 'returned' ? result.payload : result.error;
}

async function post(url: string, authorization: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { authorization } });
  const body: unknown = await response.json();
  return response.ok ? body : { status: response.status, body };
}

async function visit(stack: LocalStack, { title, call, session, expected, run }: Plan): Promise<Stop> {
  const before = storedToken(stack, session);
  const callsBefore = stack.blink.calls.length;
  const logoutsBefore = stack.blink.logouts.length;
  const invocations: Invocation[] = [];
  stack.onInvocation = (each) => invocations.push(each);
  const reply = await run(stack);
  stack.onInvocation = undefined;
  const [invocation] = invocations;
  if (invocation === undefined) {
    throw new Error(
      `${call}: the function was not invoked, and the caller was told ${JSON.stringify(reply)}`,
    );
  }
  const after = storedToken(stack, session);
  const calls = stack.blink.calls.slice(callsBefore);
  const logouts = stack.blink.logouts.slice(logoutsBefore);
  const { accountId, clientId, name } = session;
  const spends = stack.blink.tokens.spends(before.newest);

  const expectations: readonly (readonly [boolean, string])[] =
    expected === 'ready'
      ? [
          [
            isTold(reply, { outcome: 'ready', session: name }),
            `the caller was told ${JSON.stringify(reply)}`,
          ],
          [spends === 0 && after.versionId === before.versionId, 'the refresh token was touched'],
          [calls.length === 0, 'Blink was called'],
        ]
      : [
          [
            isTold(reply, { outcome: 'logged_out', session: name, accountId, clientId: String(clientId) }),
            `the caller was told ${JSON.stringify(reply)}`,
          ],
          [spends === 1, `the refresh token was spent ${spends} times`],
          [after.newest !== before.newest && after.isStored, 'the new refresh token is not in the secret'],
          [
            after.labels.includes('BLINK_LOGGED_OUT'),
            'the secret does not say that the session is logged out',
          ],
          [
            logouts.length === 1 &&
              logouts.every((logout) => logout.accountId === accountId && logout.clientId === clientId),
            'Blink has not logged out this client of this account, once',
          ],
        ];
  return {
    title,
    call,
    session,
    invocation,
    blinkCalls: calls.map(({ method, host, path }) => `${method} ${host}${path}`),
    before,
    after,
    faults: expectations.flatMap(([isMet, fault]) => (isMet ? [] : [fault])),
  };
}

function isTold(reply: unknown, expected: Readonly<Record<string, string | number>>): boolean {
  const fields = Object.entries(expected).map(([name, value]) => [name, v.literal(value)]);
  return v.is(v.looseObject(Object.fromEntries(fields)), reply);
}

import * as v from 'valibot';
import { type FleetResult, fleetResultSchema } from '../lambda/core/fleet-result.ts';
import type { FinishedInvocation } from './lambda-process.ts';
import { type LocalSession, type StoredToken, storedToken } from './local-session.ts';
import { LOCAL_SESSIONS } from './local-sessions.ts';
import type { LocalStack } from './local-stack.ts';

/** One run of the function and its result. */
export interface Step {
  readonly title: string;
  /** The call as a person would type, paste or send it. */
  readonly call: string;
  readonly session: LocalSession;
  readonly invocation: FinishedInvocation;
  /** The requests that Blink received, such as `POST api.oauth.blink.com/oauth/token`. */
  readonly blinkCalls: readonly string[];
  readonly before: StoredToken;
  readonly after: StoredToken;
  /** The expectations that were not met. */
  readonly faults: readonly string[];
}

/** An execution of the fleet, and the run of each session. */
export interface FleetStep {
  readonly title: string;
  readonly call: string;
  readonly result: FleetResult;
  readonly invocations: readonly FinishedInvocation[];
  /** The expectations that were not met. */
  readonly faults: readonly string[];
}

interface StepPlan {
  readonly title: string;
  readonly call: string;
  readonly session: LocalSession;
  readonly expected: 'ready' | 'logged_out';
  /** Resolves with the caller's reply. */
  readonly run: (stack: LocalStack) => Promise<unknown>;
}

/** Logs out through each trigger, with a session of each stored form. */
export async function* runSteps(stack: LocalStack): AsyncGenerator<Step> {
  const { default: first, homeAssistant, homebridge } = LOCAL_SESSIONS;
  const { rule } = stack.deployment;
  const plans: readonly StepPlan[] = [
    byConsole('From the console: check whether "default" can be logged out', first, 'ready', {
      session: first.name,
      action: 'check',
    }),
    byConsole('From the console: log out "home-assistant"', homeAssistant, 'logged_out', {
      session: homeAssistant.name,
    }),
    {
      title: 'By the webhook: log out "homebridge"',
      call: `POST /logout/${homebridge.name} with the webhook key`,
      session: homebridge,
      expected: 'logged_out',
      run: ({ httpApi, authorization }) => post(`${httpApi.url}/logout/${homebridge.name}`, authorization),
    },
    {
      title: 'By the schedule: log out "default"',
      call: `EventBridge rule, ${rule.schedule}${rule.enabled ? '' : ' (disabled until the setting "schedule" is given)'}`,
      session: first,
      expected: 'logged_out',
      run: async (local) => replyOf(await local.fireRule()),
    },
  ];
  for (const plan of plans) yield runStep(stack, plan);
}

/** Logs out all of the sessions with one execution of the fleet, as it would be deployed. */
export async function runFleetStep(stack: LocalStack, sessions: readonly LocalSession[]): Promise<FleetStep> {
  const tokens = sessions.map((session) => storedToken(stack, session));
  const input = { sessions: 'all' };
  const invocations: FinishedInvocation[] = [];
  stack.onInvocation = (each) => invocations.push(each);
  const end = await stack.executions.start(JSON.stringify(input)).ended;
  stack.onInvocation = undefined;
  if ('error' in end) throw new Error(`the execution failed: ${end.error}`);
  const result = v.parse(v.pipe(v.string(), v.parseJson(), fleetResultSchema), end.result);
  const expectations: readonly (readonly [boolean, string])[] = [
    [result.loggedOut === sessions.length, `the execution logged out ${result.loggedOut} sessions`],
    [invocations.length === sessions.length, `the function was invoked ${invocations.length} times`],
    [stack.sns.mails.length === 0, 'an e-mail was sent'],
    ...sessions.flatMap((session, i): (readonly [boolean, string])[] => {
      const after = storedToken(stack, session);
      const spends = stack.blink.tokens.spends(tokens[i]?.newest ?? '');
      return [
        [spends === 1, `${session.name}: the refresh token was used ${spends} times`],
        [after.isStored, `${session.name}: the secret does not hold the new refresh token`],
        [after.labels.includes('BLINK_LOGGED_OUT'), `${session.name}: the label BLINK_LOGGED_OUT is missing`],
      ];
    }),
  ];
  return {
    title: 'All sessions: one execution of the fleet',
    call: `invoke ${stack.deployment.fleet.name} ${JSON.stringify(input)}`,
    result,
    invocations,
    faults: expectations.flatMap(([isMet, fault]) => (isMet ? [] : [fault])),
  };
}

function byConsole(
  title: string,
  session: LocalSession,
  expected: StepPlan['expected'],
  event: object,
): StepPlan {
  return {
    title,
    call: `invoke ${JSON.stringify(event)}`,
    session,
    expected,
    run: async ({ invoke }) => replyOf(await invoke(event)),
  };
}

function replyOf({ result }: FinishedInvocation): unknown {
  return result.kind === 'returned' ? result.payload : result.error;
}

async function post(url: string, authorization: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { authorization } });
  const body: unknown = await response.json();
  return response.ok ? body : { status: response.status, body };
}

async function runStep(stack: LocalStack, { title, call, session, expected, run }: StepPlan): Promise<Step> {
  const before = storedToken(stack, session);
  const callsBefore = stack.blink.calls.length;
  const logoutsBefore = stack.blink.logouts.length;
  const invocations: FinishedInvocation[] = [];
  stack.onInvocation = (each) => invocations.push(each);
  const reply = await run(stack);
  stack.onInvocation = undefined;
  const [invocation] = invocations;
  if (invocation === undefined) {
    throw new Error(`${call}: the function was not invoked; the reply was ${JSON.stringify(reply)}`);
  }
  const after = storedToken(stack, session);
  const calls = stack.blink.calls.slice(callsBefore);
  const logouts = stack.blink.logouts.slice(logoutsBefore);
  const { accountId, clientId, name } = session;
  const spends = stack.blink.tokens.spends(before.newest);

  const expectations: readonly (readonly [boolean, string])[] =
    expected === 'ready'
      ? [
          [matches(reply, { outcome: 'ready', session: name }), `the reply was ${JSON.stringify(reply)}`],
          [
            spends === 0 && after.versionId === before.versionId,
            'the refresh token or the secret has changed',
          ],
          [calls.length === 0, 'Blink was called'],
        ]
      : [
          [
            matches(reply, { outcome: 'logged_out', session: name, accountId, clientId: String(clientId) }),
            `the reply was ${JSON.stringify(reply)}`,
          ],
          [spends === 1, `the refresh token was used ${spends} times`],
          [
            after.newest !== before.newest && after.isStored,
            'the secret does not hold the new refresh token',
          ],
          [after.labels.includes('BLINK_LOGGED_OUT'), 'the label BLINK_LOGGED_OUT is missing'],
          [
            logouts.length === 1 &&
              logouts.every((logout) => logout.accountId === accountId && logout.clientId === clientId),
            'Blink did not log out exactly this client, once',
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

function matches(reply: unknown, expected: Readonly<Record<string, string | number>>): boolean {
  const fields = Object.entries(expected).map(([name, value]) => [name, v.literal(value)]);
  return v.is(v.looseObject(Object.fromEntries(fields)), reply);
}

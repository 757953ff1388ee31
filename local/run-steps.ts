import { isDeepStrictEqual } from 'node:util';
import type { FinishedInvocation, InvocationResult } from './lambda-process.ts';
import { type LocalSession, type StoredToken, signIn, storedToken } from './local-session.ts';
import { LOCAL_SESSIONS } from './local-sessions.ts';
import type { LocalStack } from './local-stack.ts';
import { runEventOf } from './run-event.ts';

/** A step of the local run, and what it came to. */
export interface Step {
  readonly title: string;
  /** The call as a person would type, paste or send it. */
  readonly call: string;
  /** One for each session. */
  readonly runs: readonly Run[];
  /** The requests that Blink received, such as `POST api.oauth.blink.com/oauth/token`. */
  readonly blinkCalls: readonly string[];
  /** The expectations that were not met. */
  readonly faults: readonly string[];
}

/** The run of the function for one session. */
export interface Run {
  readonly session: LocalSession;
  readonly invocation: FinishedInvocation;
  readonly before: StoredToken;
  readonly after: StoredToken;
}

export interface StepPlan {
  readonly title: string;
  readonly call: string;
  /** They are signed in before the step. */
  readonly sessions: readonly LocalSession[];
  readonly expected: 'ready' | 'logged_out';
  /** Fields of the caller's reply. */
  readonly reply: object;
  /** Resolves with the caller's reply. */
  readonly run: () => Promise<unknown>;
}

/** All that the local run shows: each trigger, with a session of each stored form, and the fleet. */
export function stepsOf(stack: LocalStack): readonly StepPlan[] {
  const { default: first, homeAssistant, homebridge } = LOCAL_SESSIONS;
  const { schedule, fleet } = stack.deployment;
  const invoke = async (event: object) => replyOf((await stack.invoke(event)).result);
  const check = { session: first.name, action: 'check' };
  const logout = { session: homeAssistant.name };
  const all = { sessions: 'all' };
  return [
    {
      title: `From the console: check whether "${first.name}" can be logged out`,
      call: `invoke ${JSON.stringify(check)}`,
      sessions: [first],
      expected: 'ready',
      reply: { condition: 'ready', session: first.name },
      run: () => invoke(check),
    },
    {
      title: `From the console: log out "${homeAssistant.name}"`,
      call: `invoke ${JSON.stringify(logout)}`,
      sessions: [homeAssistant],
      expected: 'logged_out',
      reply: loggedOut(homeAssistant),
      run: () => invoke(logout),
    },
    {
      title: `By the webhook: log out "${homebridge.name}"`,
      call: `POST /logout/${homebridge.name} with the webhook key`,
      sessions: [homebridge],
      expected: 'logged_out',
      reply: loggedOut(homebridge),
      run: () => post(stack, `/logout/${homebridge.name}`),
    },
    {
      title: `By the schedule: log out "${first.name}"`,
      call: `EventBridge rule, ${schedule} (disabled until the setting "schedule" is given)`,
      sessions: [first],
      expected: 'logged_out',
      reply: loggedOut(first),
      run: async () => replyOf((await stack.fireRule()).result),
    },
    {
      title: 'All sessions: one execution of the fleet',
      call: `invoke ${fleet.name} ${JSON.stringify(all)}`,
      sessions: Object.values(LOCAL_SESSIONS),
      expected: 'logged_out',
      reply: { tried: 3, loggedOut: 3 },
      run: async () => replyOf(await stack.executions.start(JSON.stringify(all)).ended),
    },
  ];
}

function loggedOut({ name, accountId, clientId }: LocalSession): object {
  return { outcome: 'logged_out', session: name, accountId, clientId: String(clientId) };
}

function replyOf(result: InvocationResult): unknown {
  return result.kind === 'returned' ? result.payload : result.error;
}

async function post({ httpApi, authorization }: LocalStack, path: string): Promise<unknown> {
  const response = await fetch(`${httpApi.url}${path}`, { method: 'POST', headers: { authorization } });
  return response.json();
}

export async function runStep(stack: LocalStack, plan: StepPlan): Promise<Step> {
  const { blink } = stack;
  for (const session of plan.sessions) signIn(stack, session);
  const before = plan.sessions.map((session) => ({ session, before: storedToken(stack, session) }));
  const [callsBefore, logoutsBefore] = [blink.calls.length, blink.logouts.length];
  const invocations: FinishedInvocation[] = [];
  stack.onInvocation = (each) => invocations.push(each);
  const reply = await plan.run();
  stack.onInvocation = undefined;

  const runs = before.flatMap(({ session, before }): Run[] => {
    const invocation = invocations.find((each) => runEventOf(each)?.session === session.name);
    return invocation === undefined
      ? []
      : [{ session, invocation, before, after: storedToken(stack, session) }];
  });
  const logouts = blink.logouts.slice(logoutsBefore);
  const expectations: readonly Expectation[] = [
    [isDeepStrictEqual({ ...Object(reply), ...plan.reply }, reply), `the reply was ${JSON.stringify(reply)}`],
    [invocations.length === plan.sessions.length, `the function was invoked ${invocations.length} times`],
    [runs.length === plan.sessions.length, 'a session was not asked for'],
    [
      logouts.length === (plan.expected === 'ready' ? 0 : runs.length),
      `Blink has logged out ${logouts.length} clients`,
    ],
    [stack.sns.mails.length === 0, 'an e-mail was sent'],
    ...runs.flatMap((run) => (plan.expected === 'ready' ? isUnchanged(stack, run) : isLoggedOut(stack, run))),
  ];
  return {
    title: plan.title,
    call: plan.call,
    runs,
    blinkCalls: blink.calls.slice(callsBefore).map(({ method, host, path }) => `${method} ${host}${path}`),
    faults: expectations.flatMap(([isMet, fault]) => (isMet ? [] : [fault])),
  };
}

/** Whether it is met, and what is said if it is not. */
type Expectation = readonly [boolean, string];

function isUnchanged({ blink }: LocalStack, { session, before, after }: Run): readonly Expectation[] {
  return [
    [blink.tokens.spends(before.newest) === 0, `${session.name}: the refresh token was used`],
    [after.versionId === before.versionId, `${session.name}: the secret has changed`],
  ];
}

function isLoggedOut({ blink }: LocalStack, { session, before, after }: Run): readonly Expectation[] {
  const { name, accountId, clientId } = session;
  const spends = blink.tokens.spends(before.newest);
  return [
    [spends === 1, `${name}: the refresh token was used ${spends} times`],
    [
      after.newest !== before.newest && after.isStored,
      `${name}: the secret does not hold the new refresh token`,
    ],
    [after.labels.includes('BLINK_LOGGED_OUT'), `${name}: the label BLINK_LOGGED_OUT is missing`],
    [
      blink.logouts.some((logout) => logout.accountId === accountId && logout.clientId === clientId),
      `${name}: Blink did not log out this client`,
    ],
  ];
}

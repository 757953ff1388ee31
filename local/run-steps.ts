import { isDeepStrictEqual } from 'node:util';
import type { FinishedInvocation, InvocationResult } from './lambda-process.ts';
import { type LocalSession, type StoredToken, signIn, storedToken } from './local-session.ts';
import { LOCAL_SESSIONS } from './local-sessions.ts';
import type { LocalStack } from './local-stack.ts';
import { runEventOf } from './run-event.ts';

/** A step of the local run. */
export interface StepPlan {
  readonly title: string;
  /** The call as a person would type, paste or send it. */
  readonly call: string;
  /** They are signed in before the step. */
  readonly sessions: readonly LocalSession[];
  /** Whether they are logged out then, or are as they were. */
  readonly logsOut: boolean;
  /** Fields of the caller's reply. */
  readonly reply: object;
  /** Resolves with the caller's reply. */
  readonly run: () => Promise<unknown>;
}

/** What a step came to. */
export interface Step extends StepPlan {
  /** Of the function, in their order. */
  readonly invocations: readonly FinishedInvocation[];
  /** One for each session, if all is as it should be. */
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

/** All that the local run shows: each trigger, with a session of each stored form, and the fleet. */
export function plannedSteps(stack: LocalStack): readonly StepPlan[] {
  const { default: first, homeAssistant, homebridge } = LOCAL_SESSIONS;
  const { schedule, fleet } = stack.deployment;
  const check = { session: first.name, action: 'check' };
  const logout = { session: homeAssistant.name };
  const all = { sessions: 'all' };
  return [
    {
      title: `From the console: check whether "${first.name}" can be logged out`,
      call: `invoke ${JSON.stringify(check)}`,
      sessions: [first],
      logsOut: false,
      reply: { condition: 'ready', session: first.name },
      run: async () => replyOf((await stack.invoke(check)).result),
    },
    {
      title: `From the console: log out "${homeAssistant.name}"`,
      call: `invoke ${JSON.stringify(logout)}`,
      ...loggingOut(homeAssistant),
      run: async () => replyOf((await stack.invoke(logout)).result),
    },
    {
      title: `By the webhook: log out "${homebridge.name}"`,
      call: `POST /logout/${homebridge.name} with the webhook key`,
      ...loggingOut(homebridge),
      run: () => post(stack, `/logout/${homebridge.name}`),
    },
    {
      title: `By the schedule: log out "${first.name}"`,
      call: `EventBridge rule, ${schedule} (disabled until the setting "schedule" is given)`,
      ...loggingOut(first),
      run: async () => replyOf((await stack.fireRule()).result),
    },
    {
      title: 'All sessions: one execution of the fleet',
      call: `invoke ${fleet.name} ${JSON.stringify(all)}`,
      sessions: Object.values(LOCAL_SESSIONS),
      logsOut: true,
      reply: { tried: 3, loggedOut: 3 },
      run: async () => replyOf(await stack.executions.start(JSON.stringify(all)).ended),
    },
  ];
}

function loggingOut(session: LocalSession): Pick<StepPlan, 'sessions' | 'logsOut' | 'reply'> {
  const { name, accountId, clientId } = session;
  const reply = { outcome: 'logged_out', session: name, accountId, clientId: String(clientId) };
  return { sessions: [session], logsOut: true, reply };
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
  const loggedOut = blink.logouts.slice(logoutsBefore).map(({ clientId }) => clientId);
  const times = plan.logsOut ? 1 : 0;
  const expectations: readonly Expectation[] = [
    [isDeepStrictEqual({ ...Object(reply), ...plan.reply }, reply), `the reply was ${JSON.stringify(reply)}`],
    [invocations.length === plan.sessions.length, `the function was invoked ${invocations.length} times`],
    [runs.length === plan.sessions.length, 'a session was not asked for'],
    [stack.sns.mails.length === 0, 'an e-mail was sent'],
    ...runs.flatMap(({ session: { name, clientId }, before, after }): readonly Expectation[] => {
      const spends = blink.tokens.spends(before.newest);
      const logouts = loggedOut.filter((each) => each === clientId).length;
      return [
        [spends === times, `${name}: the refresh token was used ${spends} times`],
        [logouts === times, `${name}: Blink has logged out this client ${logouts} times`],
        [
          (after.versionId !== before.versionId) === plan.logsOut,
          `${name}: the version is ${after.versionId}`,
        ],
        [after.isStored, `${name}: the secret does not hold the newest refresh token`],
        [
          after.labels.includes('BLINK_LOGGED_OUT') === plan.logsOut,
          `${name}: the labels of the secret are ${after.labels.join(', ')}`,
        ],
      ];
    }),
  ];
  return {
    ...plan,
    invocations,
    runs,
    blinkCalls: blink.calls.slice(callsBefore).map(({ method, host, path }) => `${method} ${host}${path}`),
    faults: expectations.flatMap(([isMet, fault]) => (isMet ? [] : [fault])),
  };
}

/** Whether it is met, and what is said if it is not. */
type Expectation = readonly [boolean, string];

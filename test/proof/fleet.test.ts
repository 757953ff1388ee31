import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLAIM_LIFE_SECONDS } from '../../lambda/core/claim-life.ts';
import { fleetDefinition } from '../../lib/fleet/definition.ts';
import { RETRYABLE_CODES } from '../../lib/fleet/session-states.ts';
import type { Effect } from '../../local/faults.ts';
import { executeFleet } from '../../local/fleet.ts';
import { Lambda } from '../../local/lambda.ts';
import { LambdaProcess } from '../../local/lambda-process.ts';
import { codeOf } from '../../local/run-event.ts';
import { refuse } from '../../local/secrets-manager/start-secrets-manager.ts';
import { withoutCanary } from '../no-canary.ts';
import { figures, isLong } from './figures.ts';
import {
  type FunctionUnderTest,
  type SessionUnderTest,
  startFunctionUnderTest,
} from './function-under-test.ts';

const SESSIONS = isLong ? 200 : 20;
const REFUSED = 3;
const PROCESSES = 8;
/** AWS Secrets Manager User Guide, "AWS Secrets Manager quotas": PutSecretValue and UpdateSecretVersionStage together. */
const WRITES_PER_SECOND = 50;
/** Of Blink's answers, those that are bad. */
const BAD_SHARE = 0.05;
/** The dead run's claim ends two seconds later. The retry must come after that. */
const CLAIM_AGE_MS = CLAIM_LIFE_SECONDS * 1000 - 2_000;
const BUSY_RETRY_MS = 3_000;

let subject: FunctionUnderTest;

beforeAll(async () => {
  subject = await startFunctionUnderTest();
});
afterAll(() => subject.close());

/** Numbers from 0 to 1, the same in every run of the proof. */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function tokensOf({ secretName }: SessionUnderTest): readonly string[] {
  const texts = subject.secretsManager.secrets.versions(secretName).map(({ text }) => text);
  return [...new Set(texts.flatMap((text) => /"refresh_token":\s*"([^"]+)"/.exec(text)?.[1] ?? []))];
}

/** A run claims the session and dies before it has asked Blink. */
async function dieWithClaim(session: SessionUnderTest): Promise<void> {
  const { secretsManager, fn, endpoints } = subject;
  const dying = new LambdaProcess(fn, endpoints);
  secretsManager.faults.onCall = async ({ action, secretId }, moment) => {
    if (action === 'PutSecretValue' && secretId === session.secretName && moment === 'after')
      await dying.kill();
    return undefined;
  };
  await dying.invoke({ session: session.name });
  secretsManager.faults.clear();
}

/** Throttles the writes above Secrets Manager's rate. */
function limitWrites(): { readonly throttled: number; readonly writes: number } {
  const counted = { throttled: 0, writes: 0 };
  let second = 0;
  let inSecond = 0;
  subject.secretsManager.faults.onCall = ({ action }, moment) => {
    if (moment === 'after' || !['PutSecretValue', 'UpdateSecretVersionStage'].includes(action))
      return undefined;
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, inSecond] = [now, 0];
    inSecond += 1;
    if (inSecond > WRITES_PER_SECOND) {
      counted.throttled += 1;
      return refuse('ThrottlingException', 'Rate exceeded');
    }
    counted.writes += 1;
    return undefined;
  };
  return counted;
}

/** Answers some of the requests badly, and the refused sessions' with 401. */
function spoilAnswers(refused: readonly string[]): { readonly bad: number } {
  const counted = { bad: 0 };
  const draw = drawn(7);
  const unavailable: Effect = { do: 'answer', answer: { status: 503, headers: {}, body: '' } };
  subject.blink.faults.onCall = ({ action, form }, moment) => {
    if (action === 'refresh' && refused.includes(form['refresh_token'] ?? '')) {
      return moment === 'before'
        ? { do: 'answer', answer: { status: 401, headers: {}, body: '' } }
        : undefined;
    }
    // Half of the bad answers come before the request is processed, half after.
    if (draw() >= BAD_SHARE / 2) return undefined;
    counted.bad += 1;
    return draw() < 0.5 ? unavailable : { do: 'destroy' };
  };
  return counted;
}

test(`${SESSIONS} sessions at once are each spent once or told of, and the digest names exactly those that failed`, {
  timeout: 300_000,
}, async () => {
  const sessions = Array.from({ length: SESSIONS }, (_, n) => subject.signIn(`s${n}`));
  const refused = sessions.slice(0, REFUSED);
  const [held] = sessions.slice(REFUSED);
  if (held !== undefined) await dieWithClaim(held);
  subject.secretsManager.clock.advanceMs(CLAIM_AGE_MS);
  const writing = limitWrites();
  const spoiled = spoilAnswers(refused.flatMap(tokensOf));
  const firstTokens = new Map(sessions.map((session) => [session.name, tokensOf(session)]));

  const lambda = new Lambda(subject.fn, subject.endpoints, PROCESSES);
  const results = new Map<string, string[]>(sessions.map(({ name }) => [name, []]));
  const startedAt = performance.now();
  const night = await executeFleet(
    {
      definition: fleetDefinition({
        partition: 'aws',
        functionArn: 'arn:aws:lambda:us-east-1:123456789012:function:logout',
        topicArn: 'arn:aws:sns:us-east-1:123456789012:alarms',
        secretPrefix: 'blink-logout/',
        metricsNamespace: 'blink-logout',
        maxConcurrency: SESSIONS,
        subject: 'digest',
      }),
      secretsManagerUrl: subject.secretsManager.url,
      waitsMs: { 'Spread the start': 0 },
      retriesMs: { 'Log out': [BUSY_RETRY_MS, 500, 500] },
      invoke: async (event) => {
        const invocation = withoutCanary(await lambda.invoke(event));
        results.get((event as { session: string }).session)?.push(codeOf(invocation));
        return invocation;
      },
    },
    // By name, as all of them would be at work in pages.
    { sessions: sessions.map(({ name }) => name) },
  );
  const seconds = (performance.now() - startedAt) / 1000;
  subject.secretsManager.faults.clear();
  subject.blink.faults.clear();
  await lambda.kill();

  const last = ({ name }: SessionUnderTest) => results.get(name)?.at(-1) ?? 'never called';
  const failed = sessions.filter((session) => !['logged_out', 'already_logged_out'].includes(last(session)));
  const spentTwice = sessions.filter((session) =>
    [...tokensOf(session), ...(firstTokens.get(session.name) ?? [])].some(
      (token) => subject.blink.tokens.spends(token) > 1,
    ),
  );
  const named = JSON.parse(/\[.*\]$/.exec(night.digests[0] ?? '')?.[0] ?? '[]').slice(1);
  const askedAfterNo = [...results.values()].filter((codes) =>
    codes.slice(0, -1).some((code) => !RETRYABLE_CODES.includes(code)),
  );
  figures('fleet', {
    sessions: SESSIONS,
    seconds: Math.round(seconds),
    invocations: night.invocations.length,
    loggedOut: SESSIONS - failed.length,
    failedAndTold: failed.length,
    badAnswersOfBlink: spoiled.bad,
    writes: writing.writes,
    writesThrottled: writing.throttled,
    sessionsSpentTwiceAndNotTold: spentTwice.filter((session) => !failed.includes(session)).length,
    sessionsAskedAgainAfterADefiniteNo: askedAfterNo.length,
  });

  expect(night.digests).toHaveLength(1);
  expect(named.toSorted()).toEqual(failed.map((session) => `${session.name}: ${last(session)}`).toSorted());
  expect(failed).toEqual(expect.arrayContaining(refused));
  for (const { name } of refused) expect(results.get(name)).toEqual(['reauthentication_required']);
  expect(held && results.get(held.name)?.at(-1)).not.toBe('session_busy');
  expect(spentTwice.filter((session) => !failed.includes(session))).toEqual([]);
  expect(askedAfterNo).toEqual([]);
  for (const session of sessions) {
    if (!failed.includes(session)) expect(subject.holdsNewestToken(session), session.name).toBe(true);
  }
  expect(night.execution).toMatchObject({ status: 'FAILED', error: 'sessions_not_logged_out' });
  expect(night.figures).toEqual({
    SessionsTried: SESSIONS,
    SessionsFailed: failed.length,
    SessionsLeftOver: 0,
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import { buildFunctions } from '../lib/function-bundle.ts';
import { DurableExecutions } from '../local/fleet/durable-executions.ts';
import { startSns } from '../local/fleet/start-sns.ts';
import { Lambda } from '../local/lambda.ts';
import { refuse } from '../local/secrets-manager/start-secrets-manager.ts';
import { type FunctionUnderTest, startFunctionUnderTest } from '../test/proof/function-under-test.ts';
import { DELAYS } from './network.ts';
import { distribution } from './statistics.ts';

/** `npm run bench -- --fleet`: the first pass over many sessions, beside what the quotas and the slots allow. */

const SESSIONS = 300;
const CONCURRENCY = 10;
/** Of all writes to Secrets Manager in an account and Region (AWS Secrets Manager User Guide, "Quotas"). */
const WRITES_PER_SECOND = 50;
const WRITES = ['PutSecretValue', 'UpdateSecretVersionStage'];
const TARGETS = { healthy: 1.3, addedByBroken: 1.2 };

interface Pass {
  readonly seconds: number;
  readonly medianMs: number;
  readonly writes: number;
  readonly throttled: number;
  /** By outcome or code. */
  readonly answers: ReadonlyMap<string, number>;
}

const answerSchema = v.object({ code: v.optional(v.string()), outcome: v.optional(v.string()) });

/** @param brokenShare of the sessions, whose refresh Blink answers with 503 twice */
async function firstPass(directory: string, brokenShare: number): Promise<Pass> {
  const subject = await startFunctionUnderTest();
  const sns = await startSns();
  const tokens = Array.from({ length: SESSIONS }, (_, index) => {
    const { clientId } = subject.signIn(`s${String(index).padStart(3, '0')}`);
    return subject.blink.tokens.newest(clientId) ?? '';
  });
  // Spread over all of them: ten in a row would open the circuit.
  const broken = tokens.filter((_, index) => brokenShare > 0 && index % (1 / brokenShare) === 0);
  const refusals = new Map(broken.map((token) => [token, 2]));
  const quota = enforceQuota(subject, refusals);
  const lambda = new Lambda(subject.fn, subject.endpoints, CONCURRENCY);
  let startedAtMs: number | undefined;
  const durations: number[] = [];
  const answers = new Map<string, number>();
  const all = Promise.withResolvers<void>();
  const executions = new DurableExecutions({
    fleet: {
      ...subject.fn,
      name: 'blink-logout-fleet',
      assetDirectory: join(directory, 'fleet'),
      handler: 'handler.handler',
      environment: {
        BLINK_LOGOUT_NAME: 'blink-logout',
        TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:blink-logout',
        MAX_CONCURRENCY: String(CONCURRENCY),
      },
    },
    overrides: { ...subject.endpoints, AWS_ENDPOINT_URL_SNS: sns.url },
    async invoke(event) {
      startedAtMs ??= performance.now();
      const invocation = await lambda.invoke(event);
      durations.push(invocation.durationMs);
      const { result } = invocation;
      const { code = 'thrown', outcome = code } = v.parse(
        answerSchema,
        result.kind === 'returned' ? result.payload : {},
      );
      answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
      if (durations.length === SESSIONS) all.resolve();
      return invocation;
    },
  });
  // Here, ten cold starts share the machine's few cores.
  await Promise.all(
    Array.from({ length: CONCURRENCY }, () => lambda.invoke({ session: 's000', action: 'check' })),
  );
  executions.start('{"sessions":"all"}');
  await all.promise;
  const seconds = (performance.now() - (startedAtMs ?? 0)) / 1000;
  await executions.close();
  await lambda.kill();
  await sns.close();
  await subject.close();
  return { seconds, medianMs: distribution(durations).median, ...quota, answers };
}

/** The services' times, Secrets Manager's quota as a bucket of one second, and Blink's 503. */
function enforceQuota({ secretsManager, blink }: FunctionUnderTest, refusals: Map<string, number>) {
  const counted = { writes: 0, throttled: 0 };
  let tokens = WRITES_PER_SECOND;
  let atMs = performance.now();
  secretsManager.faults.onCall = async ({ action }, moment) => {
    if (moment !== 'before') return undefined;
    await setTimeout(DELAYS.secretsAwayMs + DELAYS.secretsWorkMs);
    if (!WRITES.includes(action)) return undefined;
    const nowMs = performance.now();
    tokens = Math.min(WRITES_PER_SECOND, tokens + ((nowMs - atMs) / 1000) * WRITES_PER_SECOND);
    atMs = nowMs;
    if (tokens < 1) {
      counted.throttled += 1;
      return refuse('ThrottlingException', 'Rate exceeded');
    }
    tokens -= 1;
    counted.writes += 1;
    return undefined;
  };
  blink.faults.onCall = async ({ action, form }, moment) => {
    if (moment !== 'before') return undefined;
    await setTimeout(DELAYS.blinkAwayMs + DELAYS.blinkWorkMs);
    const left = action === 'refresh' ? (refusals.get(form['refresh_token'] ?? '') ?? 0) : 0;
    if (left === 0) return undefined;
    refusals.set(form['refresh_token'] ?? '', left - 1);
    return { do: 'answer', answer: { status: 503, headers: {}, body: '' } };
  };
  return counted;
}

export async function benchFleet(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-bench-fleet-'));
  await buildFunctions(directory);
  const healthy = await firstPass(directory, 0);
  const broken = await firstPass(directory, 0.1);
  await rm(directory, { recursive: true });
  const limit = Math.max(
    healthy.writes / WRITES_PER_SECOND,
    ((healthy.medianMs / 1000) * SESSIONS) / CONCURRENCY,
  );
  const line = (name: string, { seconds, medianMs, writes, throttled, answers }: Pass) =>
    `${name}: ${seconds.toFixed(1)} s, median ${Math.round(medianMs)} ms, ${writes} writes, ${throttled} throttled, ${[...answers].map((each) => each.join(' ')).join(', ')}`;
  const verdict = (ratio: number, target: number) =>
    `${ratio.toFixed(2)} (target ${target}) ${ratio <= target ? 'met' : 'MISSED'}`;
  process.stdout.write(`${SESSIONS} sessions, ${CONCURRENCY} at once, on AWS's local runner
${line('healthy', healthy)}
${line('10 % answered 503 twice', broken)}
limit: ${limit.toFixed(1)} s
healthy beside the limit: ${verdict(healthy.seconds / limit, TARGETS.healthy)}
broken beside healthy: ${verdict(broken.seconds / healthy.seconds, TARGETS.addedByBroken)}
`);
}

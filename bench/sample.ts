import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { NO_SHARED_FILES } from '../lambda/environment.ts';
import type { StandIns } from './stand-ins.ts';
import { WEBHOOK_KEY } from './stand-ins-protocol.ts';
import type { Variant } from './variants.ts';

const MEASURED = fileURLToPath(new URL('measured-process.cjs', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));

const sampleSchema = v.object({
  /** From the start of the process to the first line of ours: Node itself. */
  nodeMs: v.number(),
  /** To load the handler's module. */
  initMs: v.number(),
  firstMs: v.number(),
  /** When the first call began, by the wall clock. */
  calledAtMs: v.number(),
  /** Resident after the first call. */
  rssBytes: v.number(),
  /** JavaScript read from files by then. */
  loadedBytes: v.number(),
  warmMs: v.array(v.number()),
  /** User and system, all threads, per call. */
  warmCpuMs: v.number(),
  peakBytes: v.number(),
});
export type Sample = v.InferOutput<typeof sampleSchema>;

export interface SamplePlan {
  /** Between the module's loading and the first call: zero for a cold start that somebody waits for. */
  readonly pauseMs: number;
  /** Sessions that are logged out one after the other once the first call, the webhook's, has been answered. */
  readonly warmSessions: readonly string[];
}

const WEBHOOK = {
  version: '2.0',
  routeKey: 'POST /logout',
  rawPath: '/logout',
  headers: { authorization: `Bearer ${WEBHOOK_KEY}` },
  requestContext: { http: { method: 'POST' } },
};

/** One fresh process, and the default session signed in for it. */
export async function takeSample(
  { name, file }: Variant,
  standIns: StandIns,
  certificateFile: string,
  { pauseMs, warmSessions }: SamplePlan,
): Promise<Sample> {
  await standIns.signIn('default', ...warmSessions);
  const events = [WEBHOOK, ...warmSessions.map((session) => ({ session }))];
  const child = fork(MEASURED, [JSON.stringify({ file, pauseMs, events })], {
    env: {
      ...NO_SHARED_FILES,
      BLINK_LOGOUT_NAME: 'blink-logout',
      WEBHOOK_AUTH: 'key',
      BLINK_USER_AGENT: 'Blink',
      BLINK_ENDPOINT: standIns.blinkUrl,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: standIns.secretsManagerUrl,
      NODE_EXTRA_CA_CERTS: certificateFile,
      // Where Lambda has its own copy of the SDK.
      NODE_PATH: NODE_MODULES,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SESSION_TOKEN: 'token',
      AWS_LAMBDA_FUNCTION_NAME: 'blink-logout',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      HOME: '/home/sbx_user1051',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (typeof message === 'number') throw new Error(`${name} has failed`);
  return v.parse(sampleSchema, message);
}

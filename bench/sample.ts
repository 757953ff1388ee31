import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { NO_SHARED_FILES } from '../lambda/logout/environment.ts';
import type { CpuShares } from './cpu-share.ts';
import type { StandIns } from './stand-ins.ts';
import { WEBHOOK_KEY } from './stand-ins-protocol.ts';
import type { Variant } from './variants.ts';

const MEASURED = fileURLToPath(new URL('measured-process.mjs', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));

/** The fields of the Chrome DevTools protocol's `Profiler.Profile` that are used. */
const profileSchema = v.object({
  nodes: v.array(
    v.object({
      id: v.number(),
      callFrame: v.object({
        functionName: v.string(),
        url: v.string(),
        lineNumber: v.number(),
        columnNumber: v.number(),
      }),
    }),
  ),
  samples: v.array(v.number()),
  timeDeltas: v.array(v.number()),
});
export type Profile = v.InferOutput<typeof profileSchema>;

const sampleSchema = v.object({
  /** The start of Node: from the start of the process to its first line. */
  nodeMs: v.number(),
  /** The wall clock when the handler began to load. */
  startedAtMs: v.number(),
  /** The initialisation: loading the handler, and what it awaits. */
  initMs: v.number(),
  /** The first call. */
  firstMs: v.number(),
  /** User and system time of all threads, from the start of the initialisation to the first reply. */
  coldCpuMs: v.number(),
  /** Resident after the first call. */
  rssBytes: v.number(),
  /** The size of the CommonJS files that were loaded for the first call. */
  loadedBytes: v.number(),
  idleMs: v.array(v.number()),
  warmMs: v.array(v.number()),
  /** Per call. */
  warmCpuMs: v.number(),
  peakBytes: v.number(),
  warmProfile: v.optional(profileSchema),
});
export type Sample = v.InferOutput<typeof sampleSchema>;

/** The same for all samples. */
export interface Machine {
  readonly standIns: StandIns;
  readonly certificateFile: string;
  readonly shares: CpuShares;
}

export interface SamplePlan {
  /** @default - no limit on CPU */
  readonly memoryMb?: number;
  /** The pause between the initialisation and the first call. @default 0, as in a cold start */
  readonly pauseMs?: number;
  /** The first call. @default webhook */
  readonly trigger?: 'webhook' | 'schedule';
  /** Sessions that are logged out, each after 3.5 s without a call. @default none */
  readonly afterIdling?: readonly string[];
  /** Sessions that are logged out after those, one after another. @default none */
  readonly warm?: readonly string[];
  /** Whether the warm calls are profiled. @default false */
  readonly profile?: boolean;
}

const WEBHOOK = {
  version: '2.0',
  routeKey: 'POST /logout',
  rawPath: '/logout',
  headers: { authorization: `Bearer ${WEBHOOK_KEY}` },
  requestContext: { http: { method: 'POST' } },
};
const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

/** Runs a new process, with sessions that have just been signed in. */
export async function takeSample(
  { name, file }: Variant,
  { standIns, certificateFile, shares }: Machine,
  { memoryMb, pauseMs = 0, trigger = 'webhook', afterIdling = [], warm = [], profile = false }: SamplePlan,
): Promise<Sample> {
  await standIns.signIn('default', ...afterIdling, ...warm);
  const toEvent = (session: string) => ({ session });
  const first = trigger === 'webhook' ? WEBHOOK : SCHEDULED;
  const plan = {
    file,
    pauseMs,
    first,
    afterIdling: afterIdling.map(toEvent),
    warm: warm.map(toEvent),
    profile,
  };
  const child = fork(MEASURED, [], {
    env: environment(standIns, certificateFile),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const limited = memoryMb === undefined ? undefined : shares.limit(child.pid ?? 0, memoryMb);
  try {
    child.send({ ...plan, shareFile: limited?.shareFile });
    for await (const [message] of on(child, 'message', { close: ['exit'] })) {
      if (message === 'initialised') limited?.initialised();
      else return v.parse(sampleSchema, message);
    }
    throw new Error(`${name} has failed`);
  } finally {
    if (child.exitCode === null) await once(child, 'exit');
    limited?.release();
  }
}

function environment(standIns: StandIns, certificateFile: string) {
  return {
    ...NO_SHARED_FILES,
    BLINK_LOGOUT_NAME: 'blink-logout',
    WEBHOOK_AUTH: 'key',
    BLINK_USER_AGENT: 'Blink',
    BLINK_ENDPOINT: standIns.blinkUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: standIns.secretsManagerUrl,
    NODE_EXTRA_CA_CERTS: certificateFile,
    // Lambda's runtime has a copy of the SDK.
    NODE_PATH: NODE_MODULES,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'token',
    AWS_LAMBDA_FUNCTION_NAME: 'blink-logout',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    HOME: '/home/sbx_user1051',
  };
}

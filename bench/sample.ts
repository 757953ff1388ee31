import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { NO_SHARED_FILES } from '../lambda/logout/environment.ts';
import { limitCpu } from './cpu-share.ts';
import { type StandIns, WEBHOOK_KEY } from './stand-ins.ts';

const MEASURED = fileURLToPath(new URL('measured-process.mjs', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../node_modules', import.meta.url));

const sampleSchema = v.object({
  /** A webhook in a new process: from the loading of the handler to the reply. Node's own start is not in it. */
  coldMs: v.number(),
  /** A call after 3.5 s without one, whose connections are too old to be used. */
  idleMs: v.number(),
  /** Calls with open connections, one after another. */
  warmMs: v.array(v.number()),
  /** User and system time of all threads, to the first reply. */
  coldCpuMs: v.number(),
  /** Per call. */
  warmCpuMs: v.number(),
  /** After the first call. */
  residentMb: v.number(),
});
export type Sample = v.InferOutput<typeof sampleSchema>;

const WEBHOOK = {
  version: '2.0',
  routeKey: 'POST /logout',
  rawPath: '/logout',
  headers: { authorization: `Bearer ${WEBHOOK_KEY}` },
  requestContext: { http: { method: 'POST' } },
};

const WARM = ['warm-1', 'warm-2', 'warm-3', 'warm-4'];

/** Runs a new process, with sessions that have just been signed in. */
export async function takeSample(
  file: string,
  standIns: StandIns,
  certificateFile: string,
  memoryMb: number,
): Promise<Sample> {
  await standIns.signIn('default', 'idle', ...WARM);
  const child = fork(MEASURED, [], {
    env: environment(standIns, certificateFile),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const limited = limitCpu(child.pid ?? 0, memoryMb);
  const toEvent = (session: string) => ({ session });
  try {
    child.send({
      file,
      limit: limited && { file: limited.file, text: limited.text },
      first: WEBHOOK,
      afterIdling: toEvent('idle'),
      warm: WARM.map(toEvent),
    });
    const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    return v.parse(sampleSchema, message);
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

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Certificate } from './certificate.ts';
import type { Delays } from './network.ts';

export const WEBHOOK_KEY = 'k'.repeat(64);

const PROCESS = fileURLToPath(new URL('stand-ins-process.ts', import.meta.url));

const urlsSchema = v.object({ secretsManagerUrl: v.string(), blinkUrl: v.string() });

export type StandIns = Awaited<ReturnType<typeof startStandIns>>;

/** Secrets Manager and Blink over TLS, in their own process, so that their CPU time is not part of the function's. */
export async function startStandIns({ key, cert }: Certificate, delays: Delays) {
  const child = fork(PROCESS, [JSON.stringify({ key, cert, delays })]);
  const [urls] = await once(child, 'message');
  return {
    ...v.parse(urlsSchema, urls),
    /** Replaces these sessions by new ones. */
    async signIn(...sessions: readonly string[]): Promise<void> {
      const done = once(child, 'message');
      child.send(sessions);
      await done;
    },
    stop: () => child.disconnect(),
  };
}

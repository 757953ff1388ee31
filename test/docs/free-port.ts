import { randomInt } from 'node:crypto';
import { localPorts } from '../../lib/local/local-ports.ts';
import { requireFree } from '../../lib/local/require-free.ts';

/** A first port of the local run. Not the default port: a local run of the person who tests may use it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 60_000);
    const checks = Object.values(localPorts(port)).map(requireFree);
    if ((await Promise.allSettled(checks)).every(({ status }) => status === 'fulfilled')) return port;
  }
}

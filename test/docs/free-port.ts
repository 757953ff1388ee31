import { randomInt } from 'node:crypto';
import { localPorts, requireFree } from '../../lib/local/local-ports.ts';

/** A first port of the local run. Not the default port: a local run of the person who tests may use it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 60_000);
    const [check] = await Promise.allSettled([requireFree(localPorts(port))]);
    if (check.status === 'fulfilled') return port;
  }
}

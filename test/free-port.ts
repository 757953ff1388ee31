import { randomInt } from 'node:crypto';
import { env } from 'node:process';
import { localPorts, requireFree } from '../local/local-ports.ts';

const PORTS_OF_A_WORKER = 2_000;

/**
 * A first port of the local run, which no other worker of this test uses. It is not the default port, on which the
 * person who tests may have a local run, and below the ports that the system gives to servers and connections.
 */
export async function freePort(): Promise<number> {
  const lowest = 10_000 + (Number(env['VITEST_POOL_ID']) % 10) * PORTS_OF_A_WORKER;
  for (;;) {
    const port = randomInt(lowest, lowest + PORTS_OF_A_WORKER - 4);
    const [check] = await Promise.allSettled([requireFree(localPorts(port))]);
    if (check.status === 'fulfilled') return port;
  }
}

import { randomInt } from 'node:crypto';
import { localPorts, requireFree } from '../../local/local-ports.ts';

/** A first port of the local run. Not the default port: a local run of the person who tests may use it. */
export async function freePort(): Promise<number> {
  for (;;) {
    // Below the ports that the system gives to other servers and connections, which could take it meanwhile.
    const port = randomInt(10_000, 32_000);
    const [check] = await Promise.allSettled([requireFree(localPorts(port))]);
    if (check.status === 'fulfilled') return port;
  }
}

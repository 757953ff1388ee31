import { once } from 'node:events';
import { createServer } from 'node:net';
import * as v from 'valibot';

/** The default of `npm start -- --serve`. */
export const SERVE_PORT = 8585;

/** The highest port of which all the others exist. */
export const HIGHEST_FIRST_PORT = 65_532;

export type LocalPorts = ReturnType<typeof localPorts>;

/** The ports of the local run: the webhook's, and after it those of the stand-ins and of Lambda's API. */
export function localPorts(first: number) {
  return {
    httpApi: first,
    secretsManager: first + 1,
    blink: first + 2,
    lambdaApi: first + 3,
  };
}

const inUseSchema = v.looseObject({ code: v.literal('EADDRINUSE') });

/** Throws if one of the ports cannot be listened on. To be called before the synthesis, which takes seconds. */
export async function requireFree(ports: LocalPorts): Promise<void> {
  for (const port of Object.values(ports)) {
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new Error(
        v.is(inUseSchema, error)
          ? `Port ${port} is in use. A local run may be running already: use that one, or choose another port with --port.`
          : `Port ${port} may not be used. Choose another one with --port.`,
        { cause: error },
      );
    }
    server.close();
    await once(server, 'close');
  }
}

import { once } from 'node:events';
import { createServer } from 'node:net';

/** Throws where a port of this machine cannot be listened on. */
export async function requireFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`port ${port} of this machine is taken, or not for us to use; give another with --port`, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}

import { once } from 'node:events';
import { createServer } from 'node:net';

/** Throws if the port cannot be listened on. */
export async function requireFree(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new Error(`port ${port} is in use or may not be used; choose another one with --port`, {
      cause: error,
    });
  }
  server.close();
  await once(server, 'close');
}

import type { Socket } from 'node:net';
import { TOKEN_URL } from '../core/blink/token-request.ts';

/** Name resolution that takes longer is not waited for. */
const RESOLVES_WITHIN_MS = 20;

/**
 * Opens a TCP connection to Blink's OAuth host, which nearly every run needs. Nothing is sent on it before TLS. For plain
 * HTTP, which only stand-ins use, no connection is opened.
 *
 * Resolves once Node has sent the connection request, which it does in a later turn of the event loop. Loading modules
 * blocks the event loop, so they must not be loaded before.
 * @param endpoint replaces Blink's hosts. Not validated yet
 */
export async function openEarlySocket(endpoint: string | undefined): Promise<Socket | undefined> {
  const { protocol, hostname, port } = URL.parse(endpoint ?? '') ?? TOKEN_URL;
  if (protocol !== 'https:') return undefined;
  // An import would read all exports of the module, which takes a millisecond.
  const socket = process.getBuiltinModule('node:net').connect({
    host: hostname,
    port: Number(port || 443),
    noDelay: true,
    // If an address does not answer, Node tries the next one (RFC 8305).
    autoSelectFamilyAttemptTimeout: 300,
  });
  socket.on('error', () => undefined);
  const { promise: isSent, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, RESOLVES_WITHIN_MS);
  socket.once('connectionAttempt', () => resolve());
  await isSent;
  clearTimeout(timer);
  return socket.destroyed ? undefined : socket;
}

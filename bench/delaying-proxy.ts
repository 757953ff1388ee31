import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A connection as the proxy saw it, by the wall clock. */
export interface ProxiedConnection {
  /** The name in the TLS client's first message (RFC 6066 section 3), where it is one of Blink's. */
  host: string | undefined;
  readonly openedAtMs: number;
  /** When the server's first bytes, the end of its part of the handshake, reached the client. */
  establishedAtMs: number | undefined;
}

const BLINK_HOST = /api\.oauth\.blink\.com|rest-[a-z0-9]+\.immedia-semi\.com/;

/**
 * A TCP proxy as far away as `awayMs`: every byte takes half of that in each direction, and a connection costs one round
 * trip before its first byte, which the loopback interface does not take. The service works on its first bytes, which are
 * TLS's, for as long as the proxy is told: how long it works on a request is the stand-in's to say.
 * @param connections receives every connection
 * @returns the proxy's port
 */
export async function startDelayingProxy(
  targetPort: number,
  { awayMs, workMs }: { readonly awayMs: number; readonly workMs: number },
  connections: ProxiedConnection[],
): Promise<number> {
  const server = createServer((client) => {
    const seen: ProxiedConnection = {
      host: undefined,
      openedAtMs: wallClockMs(),
      establishedAtMs: undefined,
    };
    connections.push(seen);
    const target = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    client.setNoDelay(true);
    client.once('data', (bytes) => {
      seen.host = BLINK_HOST.exec(bytes.toString('latin1'))?.[0];
    });
    relay(client, target, awayMs / 2, { notBeforeMs: seen.openedAtMs + awayMs });
    relay(target, client, awayMs / 2, {
      firstDelayMs: workMs,
      onDelivery: () => {
        seen.establishedAtMs ??= wallClockMs();
      },
    });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

interface RelayOptions {
  /** By the wall clock. @default - at once */
  readonly notBeforeMs?: number;
  /** Added for the first bytes; later ones do not overtake them. @default 0 */
  readonly firstDelayMs?: number;
  readonly onDelivery?: () => void;
}

/** Passes bytes and the end on after a delay, in their order. */
function relay(from: Socket, to: Socket, delayMs: number, options: RelayOptions): void {
  const { notBeforeMs = 0, firstDelayMs = 0, onDelivery } = options;
  let leavesAtMs: number | undefined;
  const later = (deliver: () => void) => {
    const now = wallClockMs();
    leavesAtMs =
      leavesAtMs === undefined ? Math.max(now + firstDelayMs, notBeforeMs) : Math.max(now, leavesAtMs);
    setTimeout(deliver, leavesAtMs + delayMs - now);
  };
  from.on('data', (bytes) =>
    later(() => {
      onDelivery?.();
      if (!to.destroyed) to.write(bytes);
    }),
  );
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => undefined);
}

/** Comparable between processes, finer than `Date.now`. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}

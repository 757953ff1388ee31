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
 * trip before its first byte, which the loopback interface does not take. The service answers the first bytes, which are
 * TLS's, after `workMs`, its own CPU time included. The stand-in delays its answers to requests.
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
    let helloAtMs = seen.openedAtMs;
    relay(client, target, awayMs / 2, {
      notBeforeMs: () => seen.openedAtMs + awayMs,
      onFirstDelivery: (atMs) => {
        helloAtMs = atMs;
      },
    });
    relay(target, client, awayMs / 2, {
      notBeforeMs: () => helloAtMs + workMs,
      onFirstDelivery: (atMs) => {
        seen.establishedAtMs = atMs;
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
  /** The first bytes leave no earlier, by the wall clock. Later bytes do not overtake them. */
  readonly notBeforeMs: () => number;
  readonly onFirstDelivery: (atMs: number) => void;
}

/** Passes bytes and the end on after a delay, in their order. */
function relay(
  from: Socket,
  to: Socket,
  delayMs: number,
  { notBeforeMs, onFirstDelivery }: RelayOptions,
): void {
  const deliveries: (() => void)[] = [];
  let leavesAtMs: number | undefined;
  const later = (deliver: () => void) => {
    leavesAtMs = Math.max(wallClockMs(), leavesAtMs ?? notBeforeMs());
    deliveries.push(deliver);
    atTime(leavesAtMs + delayMs, () => deliveries.shift()?.());
  };
  from.on('data', (bytes) =>
    later(() => {
      if (!to.destroyed) to.write(bytes);
    }),
  );
  from.once('data', () => later(() => onFirstDelivery(wallClockMs())));
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => undefined);
}

/** `setTimeout` is late by a millisecond or two, and a call has some twenty delays: so the last of them is a busy wait. */
const TIMER_IS_LATE_BY_MS = 2;

/** @param dueMs by the wall clock */
export function atTime(dueMs: number, callback: () => void): void {
  const leftMs = dueMs - wallClockMs();
  if (leftMs <= 0) callback();
  else if (leftMs > TIMER_IS_LATE_BY_MS) setTimeout(atTime, leftMs - TIMER_IS_LATE_BY_MS, dueMs, callback);
  else setImmediate(atTime, dueMs, callback);
}

/** Comparable between processes, finer than `Date.now`. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}

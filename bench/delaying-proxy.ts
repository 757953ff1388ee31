import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const BLINK_HOST = /api\.oauth\.blink\.com|rest-[a-z0-9]+\.immedia-semi\.com/;

/**
 * Starts a TCP proxy with a round-trip time of `awayMs`: every byte takes half of it, and a new connection takes one round
 * trip more, which it does not take on the loopback interface. The service answers the first bytes, which are TLS's, after
 * `workMs`, its CPU time included. The stand-ins delay their answers to requests themselves.
 * @param hosts receives for each connection the host of Blink in the client's first TLS message (RFC 6066 section 3); of one that is
 *   not used, `undefined`
 * @returns the proxy's port
 */
export async function startDelayingProxy(
  targetPort: number,
  { awayMs, workMs }: { readonly awayMs: number; readonly workMs: number },
  hosts: (string | undefined)[] = [],
): Promise<number> {
  const server = createServer((client) => {
    const openedAtMs = wallClockMs();
    const target = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    client.setNoDelay(true);
    const index = hosts.push(undefined) - 1;
    client.once('data', (bytes) => {
      hosts[index] = BLINK_HOST.exec(bytes.toString('latin1'))?.[0];
    });
    let helloAtMs = openedAtMs;
    relay(client, target, awayMs / 2, {
      notBeforeMs: () => openedAtMs + awayMs,
      onFirstDelivery: (atMs) => {
        helloAtMs = atMs;
      },
    });
    relay(target, client, awayMs / 2, { notBeforeMs: () => helloAtMs + workMs });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

interface RelayOptions {
  /** The earliest time at which the first bytes leave, by the wall clock. Later bytes follow them. */
  readonly notBeforeMs: () => number;
  readonly onFirstDelivery?: (atMs: number) => void;
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
  from.once('data', () => later(() => onFirstDelivery?.(wallClockMs())));
  from.on('close', () => later(() => to.destroy()));
  from.on('error', () => undefined);
}

/** `setTimeout` can be late by two milliseconds, and a call has some twenty delays. So the end of each delay is a busy wait. */
const TIMER_IS_LATE_BY_MS = 2;

/** @param dueMs by the wall clock */
export function atTime(dueMs: number, callback: () => void): void {
  const leftMs = dueMs - wallClockMs();
  if (leftMs <= 0) callback();
  else if (leftMs > TIMER_IS_LATE_BY_MS) setTimeout(atTime, leftMs - TIMER_IS_LATE_BY_MS, dueMs, callback);
  else setImmediate(atTime, dueMs, callback);
}

/** Milliseconds with fractions, comparable between processes. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}

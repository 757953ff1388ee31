import type { Agent } from 'node:http';

/**
 * Connections that were idle for longer are not used again. The server closes idle connections while Lambda freezes the
 * process, and it is unknown whether a request sent on a dead connection was processed.
 */
const IDLE_AT_MOST_MS = 3_000;

/** Uses that follow each other without a long pause. */
export class Burst {
  readonly #nowMs: () => number;
  /** Before the first use, no connection is open. */
  #usedAtMs = Number.POSITIVE_INFINITY;

  /** @param nowMs the wall clock: it advances during a freeze, which a timer need not */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  isOver(): boolean {
    return this.#nowMs() - this.#usedAtMs >= IDLE_AT_MOST_MS;
  }

  use(): void {
    this.#usedAtMs = this.#nowMs();
  }
}

/** Closes the connections that no request uses. */
export function closeFree({ freeSockets }: Agent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

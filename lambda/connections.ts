import type { Agent, ClientRequestArgs } from 'node:http';
import type { RequestOptions as HttpsRequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';

/**
 * A connection that has been idle for longer is not used again. Between two invocations the platform freezes the
 * function while the other side closes what is idle, and nobody can say whether a request that was sent on a dead
 * connection has been processed.
 */
const IDLE_AT_MOST_MS = 3_000;

/** Where a connection goes. */
export type Address = Pick<ClientRequestArgs, 'host' | 'port'> & { readonly servername?: string };

/** Connections that outlive a request, or are there before it. */
export class Connections<A extends Agent> {
  /** For requests; `closeIdle` comes first. */
  readonly agent: A;
  readonly #nowMs: () => number;
  readonly #idleSinceMs = new WeakMap<Duplex, number>();
  readonly #openedAhead = new Map<string, Duplex>();
  readonly #connect: Agent['createConnection'];

  /**
   * @param agent one that keeps connections
   * @param nowMs the wall clock: it goes on during a freeze, which a timer need not
   */
  constructor(agent: A, nowMs: () => number = Date.now) {
    this.agent = agent;
    this.#nowMs = nowMs;

    const keep = agent.keepSocketAlive.bind(agent);
    agent.keepSocketAlive = (socket) => {
      this.#idleSinceMs.set(socket, nowMs());
      return keep(socket);
    };
    const connect = agent.createConnection.bind(agent);
    this.#connect = (options, callback) => {
      // Set here, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch the verification of certificates off.
      const verified: HttpsRequestOptions = { ...options, rejectUnauthorized: true };
      return connect(verified, callback);
    };
    agent.createConnection = (options, callback) =>
      this.#takeOpened(options) ?? this.#connect(options, callback);
  }

  /** Opens a connection for the first request that goes there. Should it fail, that request opens its own. */
  openAhead(address: Address): void {
    const options = { ...address, noDelay: true };
    const socket = this.#connect(options);
    if (!socket) return;
    socket.on('error', () => undefined);
    this.#idleSinceMs.set(socket, this.#nowMs());
    this.#openedAhead.set(key(address), socket);
  }

  /** Closes what has been idle for too long, so that the next request opens another. */
  closeIdle(): void {
    for (const socket of Object.values(this.agent.freeSockets).flat()) {
      if (socket && !this.#isFresh(socket)) socket.destroy();
    }
  }

  #takeOpened(address: Address): Duplex | undefined {
    const socket = this.#openedAhead.get(key(address));
    this.#openedAhead.delete(key(address));
    if (socket === undefined || socket.destroyed) return undefined;
    if (this.#isFresh(socket)) return socket;
    socket.destroy();
    return undefined;
  }

  #isFresh(socket: Duplex): boolean {
    return this.#nowMs() - (this.#idleSinceMs.get(socket) ?? Number.NEGATIVE_INFINITY) < IDLE_AT_MOST_MS;
  }
}

function key({ host, port, servername }: Address): string {
  return `${servername} at ${host}:${port}`;
}

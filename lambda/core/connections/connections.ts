import type { Agent, ClientRequestArgs } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, createSecureContext } from 'node:tls';

/**
 * A connection that was idle for longer is not used again. The server closes idle connections while Lambda freezes the
 * process, and it is unknown whether a request sent on a dead connection was processed.
 */
const IDLE_AT_MOST_MS = 3_000;

/** The host, the port and the name that TLS verifies. */
export type Address = Pick<ClientRequestArgs, 'host' | 'port'> & { readonly servername?: string };

/** A connection that no request has used yet. */
interface Opened {
  readonly socket: Duplex;
  /** Whether the connection, and TLS on it, was established. */
  readonly established: Promise<boolean>;
}

/** Connections that are kept between requests, or opened before a request. */
export class Connections<A extends Agent> {
  /** For requests. Call `closeIdle` before each. */
  readonly agent: A;
  readonly #nowMs: () => number;
  readonly #idleSinceMs = new WeakMap<Duplex, number>();
  readonly #opened = new Map<string, Opened>();
  readonly #connect: Agent['createConnection'];

  /**
   * @param agent one that keeps connections
   * @param nowMs the wall clock: it advances during a freeze, which a timer need not
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
    const tls: ConnectionOptions = {
      // Set here, so that NODE_TLS_REJECT_UNAUTHORIZED cannot disable the verification of certificates.
      rejectUnauthorized: true,
      // Without it, Node creates one for each connection, which takes about a millisecond.
      ...(agent instanceof HttpsAgent && { secureContext: createSecureContext() }),
    };
    this.#connect = (options, callback) => connect({ ...options, ...tls }, callback);
    agent.createConnection = (options, callback) => {
      const opened = this.#takeOpened(options);
      if (opened === undefined) return this.#connect(options, callback);
      void opened.established.then((isEstablished) => {
        const isUsable = isEstablished && isOpen(opened.socket);
        const socket = isUsable ? opened.socket : this.#connect(options, callback);
        if (socket) callback?.(null, socket);
      });
      return undefined;
    };
  }

  /**
   * Opens a connection for the next request to this address, unless one is open. If it fails, that request opens another.
   * @param socket a TCP connection to the address, for TLS. @default - a new one
   */
  open(address: Address, socket?: Socket): void {
    const key = keyOf(address);
    const opened = this.#opened.get(key);
    const kept = this.agent.freeSockets[this.agent.getName(address)] ?? [];
    if ([...kept, ...(opened ? [opened.socket] : [])].some((socket) => this.#isUsable(socket))) return;

    opened?.socket.destroy();
    const options = { ...address, noDelay: true, ...(socket && { socket }) };
    const created = this.#connect(options);
    if (!created) return;
    this.#idleSinceMs.set(created, this.#nowMs());
    this.#opened.set(key, { socket: created, established: establishment(created) });
  }

  /** Closes connections that were idle for too long, so that the next request does not use them. */
  closeIdle(): void {
    for (const kept of Object.values(this.agent.freeSockets)) {
      for (const socket of kept?.filter((each) => !this.#isUsable(each)) ?? []) {
        socket.destroy();
        // The agent removes a socket only once it has closed, and could choose it until then.
        kept?.splice(kept.indexOf(socket), 1);
      }
    }
  }

  #takeOpened(address: Address): Opened | undefined {
    const opened = this.#opened.get(keyOf(address));
    this.#opened.delete(keyOf(address));
    if (opened === undefined || this.#isUsable(opened.socket)) return opened;
    opened.socket.destroy();
    return undefined;
  }

  /** A destroyed socket stays in `freeSockets` for a moment. */
  #isUsable(socket: Duplex): boolean {
    const idleSinceMs = this.#idleSinceMs.get(socket) ?? Number.NEGATIVE_INFINITY;
    return isOpen(socket) && this.#nowMs() - idleSinceMs < IDLE_AT_MOST_MS;
  }
}

function establishment(socket: Duplex): Promise<boolean> {
  const established = Promise.withResolvers<boolean>();
  socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => established.resolve(true));
  socket.once('close', () => established.resolve(false));
  socket.on('error', () => undefined);
  return established.promise;
}

/** `readable` is false once the server has closed its side. */
function isOpen(socket: Duplex): boolean {
  return !socket.destroyed && socket.readable && socket.writable;
}

function keyOf({ host, port, servername }: Address): string {
  return `${servername} at ${host}:${port}`;
}

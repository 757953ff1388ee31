import { Agent, type ClientRequestArgs } from 'node:http';
import { connect as connectTcp, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { Burst, closeFree } from './burst.ts';

/** The host, the port and the name that TLS verifies. */
type Address = Pick<ClientRequestArgs, 'host' | 'port'> & { readonly servername?: string };

/** A connection that takes longer, the resolution of the name included, is given up. */
const CONNECTS_WITHIN_MS = 3_000;

/** Agent options that make TLS verify certificates whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
export function tlsOptions() {
  // Without a context, Node creates one for each connection, which takes about a millisecond.
  return { rejectUnauthorized: true, secureContext: createSecureContext() };
}

/**
 * Connections to Blink that are kept between requests, or opened before a request, which then takes them. After a pause, none
 * is used again.
 */
export class Connections extends Agent {
  readonly #endpoint: URL | undefined;
  readonly #burst: Burst;
  readonly #tls: ReturnType<typeof tlsOptions> | undefined;
  /** Connections that no request has used yet. */
  readonly #opened = new Map<string, Promise<Socket>>();

  /**
   * @param endpoint a loopback URL that every request connects to instead of its own host. TLS verifies the name of the
   *   request's host, so that one stand-in can serve all of Blink's hosts. Only stand-ins use HTTP without TLS
   * @param nowMs the wall clock
   */
  constructor(endpoint?: string, nowMs: () => number = () => Date.now()) {
    // Oldest first: Node drops destroyed connections at that end only.
    super({ keepAlive: true, scheduling: 'fifo' });
    this.#endpoint = endpoint === undefined ? undefined : new URL(endpoint);
    this.#burst = new Burst(nowMs);
    this.#tls = this.#endpoint?.protocol === 'http:' ? undefined : tlsOptions();
  }

  /** The options of the next request to this URL. Call `used` when its response has ended. */
  optionsFor(url: URL): Address & { readonly agent: Agent } {
    this.#closeAfterPause();
    return { ...this.#addressOf(url), agent: this };
  }

  used(): void {
    this.#burst.use();
  }

  /**
   * Opens a connection for the next request to this URL's host, unless one is open. If it fails, that request opens another.
   * @param socket a TCP connection to the host, for TLS. @default - a new one
   */
  open(url: URL, socket?: Socket): void {
    this.#closeAfterPause();
    const address = this.#addressOf(url);
    const name = this.getName(address);
    if (this.freeSockets[name]?.some(isOpen) || this.#opened.has(name)) return;
    const opened = this.#establish(address, socket);
    // A failure of a connection that is not in use is no problem. The next request opens another.
    opened.catch(() => undefined);
    this.#opened.set(name, opened);
  }

  override getName({ host, port, servername }: Address = {}): string {
    return `${servername} at ${host}:${port}`;
  }

  override createConnection(address: Address, callback?: (error: Error | null, socket: Duplex) => void) {
    this.#take(address).then(
      (socket) => callback?.(null, socket),
      // The agent does not look at the socket of an error.
      (error) => callback?.(error, new Socket()),
    );
    return undefined;
  }

  /** A connection that is in use stays: its response shows that it lives. */
  #closeAfterPause(): void {
    if (this.#burst.isOver()) {
      closeFree(this);
      for (const opened of this.#opened.values()) {
        opened.then(
          (socket) => socket.destroy(),
          () => undefined,
        );
      }
      this.#opened.clear();
    }
    this.#burst.use();
  }

  #addressOf(url: URL): Address {
    const { hostname, port, protocol } = urlToHttpOptions(this.#endpoint ?? url);
    return {
      host: hostname ?? '',
      port: port || (protocol === 'http:' ? 80 : 443),
      servername: url.hostname,
    };
  }

  async #take(address: Address): Promise<Socket> {
    const name = this.getName(address);
    const opening = this.#opened.get(name);
    this.#opened.delete(name);
    const opened = await opening?.catch(() => undefined);
    return opened !== undefined && isOpen(opened) ? opened : this.#establish(address);
  }

  async #establish(address: Address, early?: Socket): Promise<Socket> {
    const { host, port, servername = '' } = address;
    const tcp = early ?? connectTcp({ ...address, host: host ?? '', port: Number(port), noDelay: true });
    const timer = setTimeout(() => tcp.destroy(new TimeoutError()), CONNECTS_WITHIN_MS);
    try {
      await established(tcp, 'connect');
      // TLS begins on the connection that was chosen: until then, Node may still try other addresses.
      return this.#tls === undefined
        ? tcp
        : await established(connectTls({ ...this.#tls, socket: tcp, servername }), 'secureConnect');
    } finally {
      clearTimeout(timer);
    }
  }
}

class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';
}

function established<S extends Socket>(socket: S, event: 'connect' | 'secureConnect'): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<S>();
  // Stays: an idle connection that fails is no problem.
  socket.on('error', reject);
  socket.once('close', () => reject(new Error('closed')));
  socket.once(event, () => resolve(socket));
  if (event === 'connect' && !socket.connecting) {
    if (socket.destroyed) reject(new Error('closed'));
    else resolve(socket);
  }
  return promise;
}

/** `readable` is false once the server has closed its side. */
function isOpen(socket: Duplex): boolean {
  return !socket.destroyed && socket.readable && socket.writable;
}

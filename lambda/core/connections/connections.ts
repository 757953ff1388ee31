import { type Agent, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { Burst } from './burst.ts';

/** The host, the port and the name that TLS verifies. */
export type Address = Pick<ClientRequestArgs, 'host' | 'port'> & { readonly servername?: string | undefined };

/** Oldest first: Node drops destroyed connections at that end only. */
const KEEP_ALIVE = { keepAlive: true, scheduling: 'fifo' } as const;

/** Agent options that make TLS verify certificates whatever NODE_TLS_REJECT_UNAUTHORIZED says. */
export function tlsOptions() {
  // Without a context, Node creates one for each connection, which takes about a millisecond.
  return { rejectUnauthorized: true, secureContext: createSecureContext() };
}

/** A connection that no request has used yet. It resolves to `undefined` if it was not established. */
type Opened = Promise<Duplex | undefined>;

/** Connections that are kept between requests, or opened before a request. After a pause, none of them is used again. */
export class Connections {
  readonly #isPlain: boolean;
  readonly #burst: Burst;
  readonly #tls = tlsOptions();
  readonly #opened = new Map<string, Opened>();
  #agent: Agent;

  /**
   * @param isPlain HTTP without TLS, which only stand-ins use
   * @param nowMs the wall clock
   */
  constructor(isPlain: boolean, nowMs: () => number = () => Date.now()) {
    this.#isPlain = isPlain;
    this.#burst = new Burst(nowMs);
    this.#agent = this.#newAgent();
  }

  /** For the next request. Call `used` when its response has ended. */
  get agent(): Agent {
    if (this.#burst.isOver()) this.close();
    this.#burst.use();
    return this.#agent;
  }

  used(): void {
    this.#burst.use();
  }

  /**
   * Opens a connection for the next request to this address, unless one is open. If it fails, that request opens another.
   * @param socket a TCP connection to the address, for TLS. @default - a new one
   */
  open(address: Address, socket?: Socket): void {
    const { agent } = this;
    const kept = agent.freeSockets[agent.getName(address)] ?? [];
    if (kept.some(isOpen) || this.#opened.has(keyOf(address))) return;
    this.#opened.set(keyOf(address), this.#establish(address, socket));
  }

  /** Closes what no request uses. */
  close(): void {
    for (const kept of Object.values(this.#agent.freeSockets))
      for (const socket of kept ?? []) socket.destroy();
    for (const opened of this.#opened.values()) void opened.then((socket) => socket?.destroy());
    this.#opened.clear();
    this.#agent = this.#newAgent();
  }

  #newAgent(): Agent {
    const take = (address: Address) => this.#take(address);
    return this.#isPlain ? new PlainAgent(take) : new SecureAgent(take, this.#tls);
  }

  #take(address: Address): Opened | undefined {
    const opened = this.#opened.get(keyOf(address));
    this.#opened.delete(keyOf(address));
    return opened;
  }

  async #establish(address: Address, socket?: Socket): Opened {
    const { host, port, servername } = address;
    // TLS begins on the connection that was chosen: until then, Node may still try other addresses.
    const tcp =
      socket ?? connectTcp({ ...address, host: host ?? 'localhost', port: Number(port), noDelay: true });
    if (!(await isEstablished(tcp, 'connect'))) return undefined;
    if (this.#isPlain) return tcp;
    const tls = connectTls({ ...this.#tls, socket: tcp, ...(servername !== undefined && { servername }) });
    return (await isEstablished(tls, 'secureConnect')) ? tls : undefined;
  }
}

type Take = (address: Address) => Opened | undefined;

class PlainAgent extends HttpAgent {
  readonly #take: Take;

  constructor(take: Take) {
    super(KEEP_ALIVE);
    this.#take = take;
  }

  override createConnection(...[options, callback]: Parameters<HttpAgent['createConnection']>) {
    const create = () => super.createConnection(options, callback);
    return createFrom(this.#take(options), create, callback);
  }
}

class SecureAgent extends HttpsAgent {
  readonly #take: Take;

  constructor(take: Take, tls: ReturnType<typeof tlsOptions>) {
    super({ ...KEEP_ALIVE, ...tls });
    this.#take = take;
  }

  override createConnection(...[options, callback]: Parameters<HttpsAgent['createConnection']>) {
    const create = () => super.createConnection(options, callback);
    return createFrom(this.#take(options), create, callback);
  }
}

/** Hands over the opened connection, or another one if it has failed meanwhile. */
function createFrom(
  opened: Opened | undefined,
  create: () => Duplex | null | undefined,
  callback?: (error: Error | null, stream: Duplex) => void,
): Duplex | null | undefined {
  if (opened === undefined) return create();
  void opened.then((socket) => {
    const usable = socket !== undefined && isOpen(socket) ? socket : create();
    if (usable) callback?.(null, usable);
  });
  return undefined;
}

function isEstablished(socket: Socket, event: 'connect' | 'secureConnect'): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // A failure of a connection that is not in use is no problem. The next request opens another.
  socket.on('error', () => undefined);
  if (event === 'connect' && !socket.connecting) resolve(!socket.destroyed);
  socket.once(event, () => resolve(true));
  socket.once('close', () => resolve(false));
  return promise;
}

/** `readable` is false once the server has closed its side. */
function isOpen(socket: Duplex): boolean {
  return !socket.destroyed && socket.readable && socket.writable;
}

function keyOf({ host, port, servername }: Address): string {
  return `${servername} at ${host}:${port}`;
}

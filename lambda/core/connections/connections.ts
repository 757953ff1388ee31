import type { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { Burst } from './burst.ts';
import { type Address, OpeningAgent, tlsOptions } from './opening-agent.ts';

/** Connections to Blink that are kept between requests, or opened before a request. After a pause, none is used again. */
export class Connections {
  readonly #endpoint: URL | undefined;
  readonly #burst: Burst;
  readonly #tls = tlsOptions();
  #agent: OpeningAgent;

  /**
   * @param endpoint a loopback URL that every request connects to instead of its own host. TLS verifies the name of the
   *   request's host, so that one stand-in can serve all of Blink's hosts. Only stand-ins use HTTP without TLS
   * @param nowMs the wall clock
   */
  constructor(endpoint?: string, nowMs: () => number = () => Date.now()) {
    this.#endpoint = endpoint === undefined ? undefined : new URL(endpoint);
    this.#burst = new Burst(nowMs);
    this.#agent = this.#newAgent();
  }

  /** The options of the next request to this URL. Call `used` when its response has ended. */
  optionsFor(url: URL): Address & { readonly agent: Agent } {
    return { ...this.#addressOf(url), agent: this.#agentOfBurst() };
  }

  used(): void {
    this.#burst.use();
  }

  /**
   * Opens a connection for the next request to this URL's host, unless one is open. If it fails, that request opens another.
   * @param socket a TCP connection to the host, for TLS. @default - a new one
   */
  open(url: URL, socket?: Socket): void {
    this.#agentOfBurst().open(this.#addressOf(url), socket);
  }

  #agentOfBurst(): OpeningAgent {
    if (this.#burst.isOver()) {
      this.#agent.closeUnused();
      this.#agent = this.#newAgent();
    }
    this.#burst.use();
    return this.#agent;
  }

  #newAgent(): OpeningAgent {
    return new OpeningAgent(this.#endpoint?.protocol === 'http:' ? undefined : this.#tls);
  }

  #addressOf(url: URL): Address {
    const { hostname, port, protocol } = urlToHttpOptions(this.#endpoint ?? url);
    return {
      host: hostname ?? '',
      port: port || (protocol === 'http:' ? 80 : 443),
      servername: url.hostname,
    };
  }
}

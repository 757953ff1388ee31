import { urlToHttpOptions } from 'node:url';
import { type Address, Connections } from './connections.ts';

/** @param endpoint a loopback URL in place of all of Blink's hosts */
export function blinkConnections(endpoint?: string): Connections {
  return new Connections(isPlain(endpoint));
}

/** The address that a request to this URL connects to, and the host's name for TLS. */
export function addressOf(url: URL, endpoint?: string): Address {
  const { hostname, port } = urlToHttpOptions(endpoint === undefined ? url : new URL(endpoint));
  return {
    host: hostname,
    port: port || (isPlain(endpoint) ? 80 : 443),
    servername: url.hostname,
  };
}

export function isPlain(endpoint: string | undefined): boolean {
  return endpoint?.startsWith('http:') ?? false;
}

import type { OutgoingHttpHeaders } from 'node:http';
import type { HttpExchange } from './http-exchange.ts';
import type { Pause } from './retry.ts';

/** The tools of every call to Blink. */
export interface Caller {
  readonly exchange: HttpExchange;
  readonly userAgent: string;
  readonly pause: Pause;
}

/** The headers of Blink's REST API. */
export function bearerHeaders({ userAgent }: Caller, accessToken: string): OutgoingHttpHeaders {
  return {
    Authorization: `Bearer ${accessToken}`,
    'Content-Type': 'application/json',
    Accept: '*/*',
    'User-Agent': userAgent,
  };
}

import type { HttpExchange } from './http-exchange.ts';
import { restUrl } from './rest-host.ts';
import { type Pause, type Sent, sendAndRepeat } from './retry.ts';

/** The tools of every call to Blink. */
export interface Caller {
  readonly exchange: HttpExchange;
  readonly userAgent: string;
  readonly pause: Pause;
}

const CALLS = {
  lookup: { method: 'GET', timeoutMs: 5_000 },
  logout: { method: 'POST', timeoutMs: 6_000 },
} as const;

/** Calls a path of Blink's REST API, and repeats the call once if that may help. */
export function callRest(
  call: keyof typeof CALLS,
  { exchange, userAgent, pause }: Caller,
  accessToken: string,
  tier: string,
  path: `/${string}`,
): Promise<Sent> {
  const headers = {
    Authorization: `Bearer ${accessToken}`,
    'Content-Type': 'application/json',
    Accept: '*/*',
    'User-Agent': userAgent,
  };
  return sendAndRepeat(call, { exchange, pause }, { ...CALLS[call], url: restUrl(tier, path), headers });
}

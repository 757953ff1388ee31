import { Failure } from '../failure.ts';
import type { Timing } from '../time.ts';
import type { HttpExchange } from './http-exchange.ts';
import { type Sent, sendAndRepeat } from './retry.ts';

/** The tools of every call to Blink. */
export interface Caller {
  readonly exchange: HttpExchange;
  readonly userAgent: string;
  /** Times the pause before a repetition. */
  readonly timing: Timing;
}

const CALLS = {
  lookup: { method: 'GET', timeoutMs: 5_000 },
  logout: { method: 'POST', timeoutMs: 6_000 },
} as const;

/** Calls a path of Blink's REST API, and repeats the call once if that may help. */
export function callRest(
  call: keyof typeof CALLS,
  caller: Caller,
  accessToken: string,
  tier: string,
  path: `/${string}`,
): Promise<Sent> {
  const headers = {
    Authorization: `Bearer ${accessToken}`,
    'Content-Type': 'application/json',
    Accept: '*/*',
    'User-Agent': caller.userAgent,
  };
  return sendAndRepeat(call, caller, { ...CALLS[call], url: restUrl(tier, path), headers });
}

const REST_URL = /^https:\/\/rest-[a-z0-9]{2,16}\.immedia-semi\.com(\/[a-z0-9_]+)*$/;

/** Bearer tokens are sent only there, so a tier and the ids in a path are checked when they are read, and again here. */
export function restUrl(tier: string, path: `/${string}` | '' = ''): URL {
  const url = `https://rest-${tier}.immedia-semi.com${path}`;
  if (!REST_URL.test(url))
    throw new Failure('internal_error', 'a tier or an id was not checked before its use');
  return new URL(url);
}

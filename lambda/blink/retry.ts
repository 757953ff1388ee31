import { fullJitterMs, type Timing } from '../time.ts';
import type { HttpExchange, HttpRequest, HttpResponse, Progress } from './http-exchange.ts';
import { ExchangeError } from './http-exchange.ts';

/**
 * The one place that says what is sent again: once at most, after a pause of full jitter, and never after a definite
 * answer, least of all 401, 406, 426 or 429: Blink locks accounts that insist.
 */
const REPEATED_AFTER: Record<
  'refresh' | 'lookup' | 'logout',
  ReadonlySet<Progress | 'closed' | 'server_error'>
> = {
  // Only what is over: a request that may still arrive could spend the token that its repetition brought. A 2xx that was
  // cut off has spent the refresh token; to spend it twice could cost the session.
  refresh: new Set(['not_sent', 'closed', 'server_error']),
  lookup: new Set(['not_sent', 'server_error']),
  // To log out twice comes to the same.
  logout: new Set(['not_sent', 'closed', 'unanswered', 'cut_off', 'server_error']),
};

export const MAX_PAUSE_MS = 1_000;

/** Resolves after 0 to `MAX_PAUSE_MS` milliseconds. */
export type Pause = () => Promise<unknown>;

export function pauseBy(timing: Timing): Pause {
  return () => timing.wait(fullJitterMs(timing, 0, MAX_PAUSE_MS, MAX_PAUSE_MS));
}

/** Codes by which the system says that the other side has closed the connection: what was sent on it has arrived or is lost. */
const CLOSED_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Whether the request may still be on its way to Blink. */
export function isInFlight(end: ExchangeError): boolean {
  return end.progress === 'unanswered' && !CLOSED_CODES.has(end.code);
}

/** Sends once. Returns errors instead of throwing. */
export async function send(
  exchange: HttpExchange,
  request: HttpRequest,
): Promise<HttpResponse | ExchangeError> {
  try {
    return await exchange(request);
  } catch (error) {
    if (error instanceof ExchangeError) return error;
    throw error;
  }
}

export function mayRepeat(call: keyof typeof REPEATED_AFTER, end: HttpResponse | ExchangeError): boolean {
  const rules = REPEATED_AFTER[call];
  if (end instanceof ExchangeError) {
    return rules.has(end.progress === 'unanswered' && !isInFlight(end) ? 'closed' : end.progress);
  }
  // A server that names a wait is not asked again before it is over.
  return end.status >= 500 && end.headers['retry-after'] === undefined && rules.has('server_error');
}

export interface Sent {
  readonly end: HttpResponse | ExchangeError;
  /** An earlier try went without a definite answer, and may have done what this one asked for. */
  readonly afterUnanswered: boolean;
}

/** Sends, and once more where the rule allows it. */
export async function sendAndRepeat(
  call: 'lookup' | 'logout',
  { exchange, pause }: { readonly exchange: HttpExchange; readonly pause: Pause },
  request: HttpRequest,
): Promise<Sent> {
  const first = await send(exchange, request);
  if (!mayRepeat(call, first)) return { end: first, afterUnanswered: false };
  await pause();
  const afterUnanswered = !(first instanceof ExchangeError && first.progress === 'not_sent');
  return { end: await send(exchange, request), afterUnanswered };
}

import { fullJitterMs, type Timing } from '../time.ts';
import type { BlinkRequest, HttpExchange, HttpResponse, Progress } from './http-exchange.ts';
import { ExchangeError } from './http-exchange.ts';

/**
 * When a request is repeated: at most once, after a pause of full jitter, and never after a definite answer such as 401,
 * 406, 426 or 429. Blink locks accounts whose clients keep retrying.
 */
const REPEATED_AFTER: Record<
  'refresh' | 'lookup' | 'logout',
  ReadonlySet<Progress | 'closed' | 'server_error'>
> = {
  // Only after a try that has ended: a request that arrives late could spend the token that its repetition returned. A
  // 2xx that was cut off has replaced the refresh token, and spending that again could end the session.
  refresh: new Set(['not_sent', 'closed', 'server_error']),
  lookup: new Set(['not_sent', 'closed', 'cut_off', 'server_error']),
  // A logout is idempotent.
  logout: new Set(['not_sent', 'closed', 'unanswered', 'cut_off', 'server_error']),
};

export const MAX_PAUSE_MS = 1_000;

/** Resolves after 0 to `MAX_PAUSE_MS` milliseconds. */
export type Pause = () => Promise<unknown>;

export function pauseBy(timing: Timing): Pause {
  return () => timing.wait(fullJitterMs(timing, 0, MAX_PAUSE_MS, MAX_PAUSE_MS));
}

/** System error codes of a closed connection. A request that was sent on it has arrived or is lost. */
const CLOSED_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Whether the request may still be on its way to Blink. */
export function isInFlight(end: ExchangeError): boolean {
  return end.progress === 'unanswered' && !CLOSED_CODES.has(end.code);
}

/** Sends once. Returns errors instead of throwing. */
export async function send(
  exchange: HttpExchange,
  request: BlinkRequest,
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
  // If the server names a wait, the request is not repeated.
  return end.status >= 500 && end.headers['retry-after'] === undefined && rules.has('server_error');
}

export interface Sent {
  readonly end: HttpResponse | ExchangeError;
  /** An earlier try got no definite answer and may have succeeded. */
  readonly afterUnanswered: boolean;
}

/** Sends, and repeats once if the rule allows it. */
export async function sendAndRepeat(
  call: 'lookup' | 'logout',
  { exchange, pause }: { readonly exchange: HttpExchange; readonly pause: Pause },
  request: BlinkRequest,
): Promise<Sent> {
  const first = await send(exchange, request);
  if (!mayRepeat(call, first)) return { end: first, afterUnanswered: false };
  await pause();
  const afterUnanswered = !(first instanceof ExchangeError && first.progress === 'not_sent');
  return { end: await send(exchange, request), afterUnanswered };
}

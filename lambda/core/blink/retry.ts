import { fullJitterMs, type Timing } from '../time.ts';
import type { BlinkRequest, ExchangeEnd, ExchangeError, HttpExchange, Progress } from './http-exchange.ts';

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

/** System error codes of a closed connection. A request that was sent on it has arrived or is lost. */
const CLOSED_CODES: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Whether the request may still be on its way to Blink. */
export function isInFlight({ progress, code }: ExchangeError): boolean {
  return progress === 'unanswered' && !CLOSED_CODES.has(code);
}

function isRepeatedAfter(call: keyof typeof REPEATED_AFTER, end: ExchangeEnd): boolean {
  const rules = REPEATED_AFTER[call];
  if (end.status === undefined) {
    return rules.has(end.progress === 'unanswered' && !isInFlight(end) ? 'closed' : end.progress);
  }
  // If the server names a wait, the request is not repeated.
  return end.status >= 500 && end.headers['retry-after'] === undefined && rules.has('server_error');
}

export interface Sent {
  readonly end: ExchangeEnd;
  readonly tries: 1 | 2;
  /** The first of two tries got no definite answer and may have succeeded. */
  readonly afterUnanswered: boolean;
}

/**
 * Sends, and repeats once if the rule allows it.
 * @param mayRepeat asked before the pause. @default always
 */
export async function sendAndRepeat(
  call: keyof typeof REPEATED_AFTER,
  { exchange, timing }: { readonly exchange: HttpExchange; readonly timing: Timing },
  request: BlinkRequest,
  mayRepeat: () => boolean = () => true,
): Promise<Sent> {
  const first = await exchange(request);
  if (!isRepeatedAfter(call, first) || !mayRepeat()) return { end: first, tries: 1, afterUnanswered: false };
  await timing.wait(fullJitterMs(timing, MAX_PAUSE_MS));
  const afterUnanswered = first.status !== undefined || first.progress !== 'not_sent';
  return { end: await exchange(request), tries: 2, afterUnanswered };
}

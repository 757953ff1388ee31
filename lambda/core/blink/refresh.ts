import { Failure } from '../failure.ts';
import { type Deadline, holdsRefreshAndSave } from '../time.ts';
import type { RefreshRequest, RefreshResult } from './blink.ts';
import { blinkFailure } from './blink-failure.ts';
import type { Caller } from './caller.ts';
import { CONNECTS_WITHIN_MS, ExchangeError } from './http-exchange.ts';
import { processRefreshGrantResponse, refreshGrantRequest } from './refresh-grant.ts';
import { isInFlight, MAX_PAUSE_MS, mayRepeat, send } from './retry.ts';

/** The tries before this one. */
interface Before {
  readonly tries: number;
  readonly hasRepeated: boolean;
  /** Blink may have replaced the token in a try whose answer did not arrive. */
  readonly inDoubt: boolean;
}

/**
 * Spends the refresh token. Tries each OAuth client until Blink accepts one, and repeats at most one request.
 */
export function refresh(caller: Caller, request: RefreshRequest, deadline: Deadline): Promise<RefreshResult> {
  const before = { tries: 0, hasRepeated: false, inDoubt: false };
  return refreshAs(request.oauthClients, caller, request, deadline, before);
}

async function refreshAs(
  oauthClients: RefreshRequest['oauthClients'],
  caller: Caller,
  request: RefreshRequest,
  deadline: Deadline,
  before: Before,
): Promise<RefreshResult> {
  const [oauthClient, next, ...others] = oauthClients;
  const end = await send(caller.exchange, {
    ...refreshGrantRequest(request, oauthClient, caller.userAgent),
    mayStillSend: () => holdsRefreshAndSave(deadline, -CONNECTS_WITHIN_MS),
  });
  const tries = before.tries + 1;
  const { inDoubt } = before;

  if (!before.hasRepeated && mayRepeat('refresh', end) && holdsRefreshAndSave(deadline, MAX_PAUSE_MS)) {
    await caller.pause();
    const now = { tries, hasRepeated: true, inDoubt: !isUnsent(end) };
    return refreshAs(oauthClients, caller, request, deadline, now);
  }

  const answer = end instanceof ExchangeError ? unanswered(end) : processRefreshGrantResponse(end);
  const failed = (failure: Failure): RefreshResult => ({
    kind: 'failed',
    failure,
    token: inDoubt ? 'unanswered' : 'unspent',
    tries,
  });
  switch (answer.kind) {
    case 'granted': {
      const { accessToken, refreshToken = request.refreshToken } = answer;
      return { kind: 'granted', grant: { accessToken, refreshToken, oauthClient }, tries };
    }
    case 'refused':
      return { ...answer, inDoubt, tries };
    case 'failed':
      return answer.token === 'unspent' ? failed(answer.failure) : { ...answer, tries };
    case 'wrong_client':
      if (next === undefined) return failed(answer.failure);
      if (!holdsRefreshAndSave(deadline)) return failed(outOfTime());
      return refreshAs([next, ...others], caller, request, deadline, { ...before, tries });
  }
}

function isUnsent(end: unknown): boolean {
  return end instanceof ExchangeError && end.progress === 'not_sent';
}

type Unanswered = Omit<Extract<RefreshResult, { kind: 'failed' }>, 'tries'>;

function unanswered(error: ExchangeError): Unanswered {
  const failure = blinkFailure('refresh', error);
  if (isUnsent(error)) return { kind: 'failed', failure, token: 'unspent' };
  return { kind: 'failed', failure, token: isInFlight(error) ? 'in_flight' : 'unanswered' };
}

function outOfTime(): Failure {
  return new Failure('blink_timeout', 'no time is left for another OAuth client');
}

import { type Deadline, holdsRefreshAndSave } from '../deadline.ts';
import { Failure } from '../failure.ts';
import type { RefreshRequest, RefreshResult } from './blink.ts';
import { blinkFailure } from './blink-failure.ts';
import type { Caller } from './caller.ts';
import { ExchangeError, type HttpResponse } from './http-exchange.ts';
import { processRefreshGrantResponse, type RefreshAnswer, refreshGrantRequest } from './refresh-grant.ts';
import { MAX_PAUSE_MS, mayRepeat, send } from './retry.ts';

/**
 * Spends the refresh token: with one OAuth client after the other until Blink knows one, and over all of them with one
 * repetition at most.
 */
export async function refresh(
  caller: Caller,
  request: RefreshRequest,
  deadline: Deadline,
): Promise<RefreshResult> {
  let tries = 0;
  let repeated = false;
  /** Blink may have spent the token on a try whose answer we never saw. */
  let uncertain = false;

  async function attempt(oauthClient: string): Promise<HttpResponse | ExchangeError> {
    tries += 1;
    const end = await send(caller.exchange, refreshGrantRequest(request, oauthClient, caller.userAgent));
    const again = !repeated && mayRepeat('refresh', end) && holdsRefreshAndSave(deadline, MAX_PAUSE_MS);
    if (!again) return end;
    repeated = true;
    uncertain = !(end instanceof ExchangeError && end.progress === 'not_sent');
    await caller.pause();
    return attempt(oauthClient);
  }

  function failed(failure: Failure, token: 'unspent' | 'unanswered' | 'blocked'): RefreshResult {
    return { kind: 'failed', failure, token: token === 'unspent' && uncertain ? 'unanswered' : token, tries };
  }

  let wrongClient = new Failure('internal_error', 'a refresh was asked for without an OAuth client');
  for (const oauthClient of request.oauthClients) {
    if (tries > 0 && !holdsRefreshAndSave(deadline)) return failed(outOfTime(), 'unspent');
    const end = await attempt(oauthClient);
    const answer: RefreshAnswer =
      end instanceof ExchangeError ? unanswered(end) : processRefreshGrantResponse(end);
    switch (answer.kind) {
      case 'granted': {
        const { accessToken, refreshToken = request.refreshToken } = answer;
        return { kind: 'granted', grant: { accessToken, refreshToken, oauthClient }, tries };
      }
      case 'without_access': {
        const { refreshToken, failure } = answer;
        return { kind: 'without_access', token: { refreshToken, oauthClient }, failure, tries };
      }
      case 'refused': {
        const { secondFactor, blinkStatus } = answer;
        return { kind: 'refused', secondFactor, afterUnanswered: uncertain, blinkStatus, tries };
      }
      case 'failed':
        return failed(answer.failure, answer.token);
      case 'wrong_client':
        wrongClient = answer.failure;
    }
  }
  return failed(wrongClient, 'unspent');
}

function unanswered(error: ExchangeError): RefreshAnswer {
  return {
    kind: 'failed',
    failure: blinkFailure('refresh', error),
    token: error.progress === 'not_sent' ? 'unspent' : 'unanswered',
  };
}

function outOfTime(): Failure {
  return new Failure('blink_timeout', 'no time was left to refresh with another OAuth client and to save');
}

import { type Deadline, holdsRefreshAndSave } from '../time.ts';
import type { RefreshRequest, RefreshResult } from './blink.ts';
import { processRefreshGrantResponse, refreshGrantRequest } from './refresh-grant.ts';
import type { Caller } from './rest-call.ts';
import { MAX_PAUSE_MS, sendAndRepeat } from './retry.ts';

/** Spends the refresh token. Tries each OAuth client until Blink accepts one, and repeats at most one request. */
export async function refresh(
  caller: Caller,
  request: RefreshRequest,
  deadline: Deadline,
): Promise<RefreshResult> {
  let [oauthClient, ...others] = request.oauthClients;
  let tries = 0;
  let hasRepeated = false;
  /** Blink may have replaced the token in a try whose answer did not arrive. */
  let inDoubt = false;
  const mayStillSend = () => holdsRefreshAndSave(deadline);
  const mayRepeat = () => !hasRepeated && holdsRefreshAndSave(deadline, MAX_PAUSE_MS);

  for (;;) {
    const form = refreshGrantRequest(request, oauthClient, caller.userAgent);
    const sent = await sendAndRepeat('refresh', caller, { ...form, mayStillSend }, mayRepeat);
    tries += sent.tries;
    hasRepeated ||= sent.tries > 1;
    inDoubt ||= sent.afterUnanswered;

    const answer = processRefreshGrantResponse(sent.end);
    switch (answer.kind) {
      case 'granted': {
        const { accessToken, refreshToken = request.refreshToken } = answer;
        return { kind: 'granted', grant: { accessToken, refreshToken, oauthClient }, tries };
      }
      case 'refused':
        return { ...answer, inDoubt, tries };
      case 'failed': {
        const [next, ...rest] = answer.isWrongClient ? others : [];
        if (next === undefined) {
          const { failure, token } = answer;
          return {
            kind: 'failed',
            failure,
            token: token === 'unspent' && inDoubt ? 'unanswered' : token,
            tries,
          };
        }
        [oauthClient, others] = [next, rest];
      }
    }
  }
}

import type { Blink } from './blink.ts';
import { logOut } from './logout.ts';
import { findAccount, findClientId, hasClient } from './look-ups.ts';
import { refresh } from './refresh.ts';
import { type Caller, restUrl } from './rest-call.ts';
import { TOKEN_URL } from './token-request.ts';

/**
 * Blink's cloud API. It is undocumented: the facts come from BlinkMonitorProtocol, blinkpy and Blink's app.
 * @param open opens a connection that the next request to this URL's host uses. @default - a request opens its own
 */
export function blinkOverHttps(caller: Caller, open: (url: URL) => void = () => undefined): Blink {
  return {
    openConnections(tier) {
      open(TOKEN_URL);
      if (tier !== undefined) open(restUrl(tier));
    },
    refresh: (...args) => refresh(caller, ...args),
    findAccount: (...args) => findAccount(caller, ...args),
    findClientId: (...args) => findClientId(caller, ...args),
    hasClient: (...args) => hasClient(caller, ...args),
    logOut: (...args) => logOut(caller, ...args),
  };
}

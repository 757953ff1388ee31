import { realTiming, type Timing } from '../time.ts';
import type { Blink } from './blink.ts';
import type { Caller } from './caller.ts';
import { createHttpExchange, type HttpExchange } from './http-exchange.ts';
import { logOut } from './logout.ts';
import { findAccount, findClientId, hasClient } from './look-ups.ts';
import { refresh } from './refresh.ts';
import { restUrl } from './rest-host.ts';
import { pauseBy } from './retry.ts';
import { TOKEN_URL } from './token-request.ts';

export interface BlinkOptions {
  readonly userAgent: string;
  /** A loopback URL that replaces all of Blink's hosts. @default Blink itself */
  readonly endpoint?: string;
  /** @default one of its own */
  readonly exchange?: HttpExchange;
  /** Opens a connection that the next request to this URL's host uses. @default - a request opens its own */
  readonly open?: (url: URL) => void;
  /** Times the pause between a try and its repetition. @default real time */
  readonly timing?: Timing;
}

/** Blink's cloud API. It is undocumented: the facts come from BlinkMonitorProtocol, blinkpy and Blink's app. */
export function blinkOverHttps(options: BlinkOptions): Blink {
  const caller: Caller = {
    userAgent: options.userAgent,
    exchange: options.exchange ?? createHttpExchange(options.endpoint),
    pause: pauseBy(options.timing ?? realTiming),
  };
  return {
    openConnections(tier) {
      options.open?.(TOKEN_URL);
      if (tier !== undefined) options.open?.(restUrl(tier, '/'));
    },
    refresh: (request, deadline) => refresh(caller, request, deadline),
    findAccount: (accessToken) => findAccount(caller, accessToken),
    findClientId: (accessToken, account) => findClientId(caller, accessToken, account),
    hasClient: (...args) => hasClient(caller, ...args),
    logOut: (accessToken, account, clientId) => logOut(caller, accessToken, account, clientId),
  };
}

import type { Blink } from '../../../../lambda/core/blink/blink.ts';
import { blinkOverHttps } from '../../../../lambda/core/blink/blink-over-https.ts';
import { createHttpExchange } from '../../../../lambda/core/blink/http-exchange.ts';
import { Connections } from '../../../../lambda/core/connections/connections.ts';
import { realTiming } from '../../../../lambda/core/time.ts';
import { type Answer, replaceTimeouts, scriptedServer } from './scripted-server.ts';

export const USER_AGENT = 'Blink/test';

/** The adapter against a server, with waits that are only noted. */
export function blinkAt({ endpoint }: { readonly endpoint: string }) {
  replaceTimeouts();
  const waits: number[] = [];
  const timeouts: number[] = [];
  const exchange = createHttpExchange(new Connections(endpoint));
  const blink = blinkOverHttps({
    userAgent: USER_AGENT,
    exchange: (request) => {
      timeouts.push(request.timeoutMs);
      return exchange(request);
    },
    timing: {
      ...realTiming,
      random: () => 0.5,
      wait: async (ms) => {
        waits.push(ms);
      },
    },
  });
  return { blink, waits, timeouts };
}

/** Makes one call to a server that answers so. `end` is its result, or what it throws. */
export async function callAt(
  answers: readonly [Answer, ...Answer[]],
  call: (blink: Blink) => Promise<unknown>,
) {
  const server = await scriptedServer(...answers);
  const { blink, waits, timeouts } = blinkAt(server);
  const end = await call(blink).catch((error: unknown) => error);
  const { requests } = server;
  return { end, waits, timeouts, requests, targets: requests.map(({ target }) => target) };
}

/** Nobody listens there: port 1 is reserved (tcpmux). */
export const NOBODY = { endpoint: 'http://127.0.0.1:1' };

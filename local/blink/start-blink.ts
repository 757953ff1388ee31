import { Faults } from '../faults.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  startLoopbackServer,
} from '../loopback-server.ts';
import { SettableClock } from '../settable-clock.ts';
import { type AccountSeed, Accounts } from './accounts.ts';
import { NOT_ACCEPTABLE, NOT_FOUND } from './answers.ts';
import type { BlinkState } from './blink-state.ts';
import { isBlocked, type ReceivedRequest, receivedRequest } from './received-request.ts';
import { type BlinkAction, ROUTES } from './routes.ts';
import { SignIns } from './sign-ins.ts';
import { type ClientSession, Tokens } from './tokens.ts';

export interface BlinkOptions extends LoopbackServerOptions {
  readonly accounts: readonly AccountSeed[];
}

export interface BlinkCall extends ReceivedRequest {
  readonly action: BlinkAction;
}

export interface BlinkStandIn extends LoopbackServer, BlinkState {
  readonly faults: Faults<BlinkCall>;
  /** Every received call, with all of its content. */
  readonly calls: readonly BlinkCall[];
  /** Signs a client in without the pages. Returns its first refresh token. */
  seedSession(session: ClientSession): string;
}

/** All of Blink's hosts on one port of this machine, distinguished by the `Host` header. */
export async function startBlink(options: BlinkOptions): Promise<BlinkStandIn> {
  const clock = new SettableClock();
  const accounts = new Accounts(options.accounts);
  const tokens = new Tokens(clock);
  const state: BlinkState = { clock, accounts, tokens, signIns: new SignIns(clock), logouts: [] };
  const faults = new Faults<BlinkCall>();
  const calls: BlinkCall[] = [];
  const server = await startLoopbackServer(options, async (incoming) => {
    const request = receivedRequest(incoming);
    const { action, answer } = routed(state, request);
    const call: BlinkCall = { ...request, action };
    calls.push(call);
    return faults.around(call, () => (isBlocked(request) ? NOT_ACCEPTABLE : answer()));
  });
  return {
    ...server,
    ...state,
    faults,
    calls,
    seedSession(session) {
      const { accountId } = accounts.byId(session.accountId);
      accounts.addClient(accountId, { id: session.clientId, lastLoginMs: clock.nowMs() });
      return tokens.open(session).refreshToken;
    },
  };
}

function routed(state: BlinkState, request: ReceivedRequest): { action: BlinkAction; answer: () => Answer } {
  for (const { action, answer, idsOf } of ROUTES) {
    const ids = idsOf(request);
    if (ids !== undefined) return { action, answer: () => answer(state, request, ids) };
  }
  return { action: 'unknown', answer: () => NOT_FOUND };
}

import { Faults } from '../faults.ts';
import { type LoopbackServer, type LoopbackServerOptions, startLoopbackServer } from '../loopback-server.ts';
import { SettableClock } from '../settable-clock.ts';
import { AccountApi, type Logout } from './account-api.ts';
import { type AccountSeed, Accounts } from './accounts.ts';
import { NOT_FOUND } from './answers.ts';
import { type BlinkRequest, blinkRequest } from './blink-request.ts';
import { answer, type BlinkAction, fits, routesTo } from './routes.ts';
import { SignIn } from './sign-in.ts';
import { type ClientSession, Tokens } from './tokens.ts';

export interface BlinkOptions extends LoopbackServerOptions {
  readonly accounts: readonly AccountSeed[];
  /** A spent refresh token that is presented again takes the newest one with it. @default false */
  readonly revokesFamilyOnReuse?: boolean;
}

export interface BlinkCall extends BlinkRequest {
  readonly action: BlinkAction;
  readonly atMs: number;
}

export interface BlinkStandIn extends LoopbackServer {
  readonly clock: SettableClock;
  readonly faults: Faults<BlinkCall>;
  /** Every call that came in, whatever became of it, with all that it carried. */
  readonly calls: readonly BlinkCall[];
  readonly tokens: Tokens;
  readonly accounts: Accounts;
  readonly logouts: readonly Logout[];
  /** Signs a client in without the pages, and gives its first refresh token. */
  seedSession(session: ClientSession): string;
}

/** All of Blink's hosts on one port of this machine, told apart by the `Host` header. */
export async function startBlink(options: BlinkOptions): Promise<BlinkStandIn> {
  const clock = new SettableClock();
  const accounts = new Accounts(options.accounts);
  const tokens = new Tokens(clock, options.revokesFamilyOnReuse ?? false);
  const signIn = new SignIn(accounts, clock);
  const api = new AccountApi(accounts, tokens, clock);
  const faults = new Faults<BlinkCall>();
  const calls: BlinkCall[] = [];
  const routes = routesTo(tokens, signIn, api);
  const server = await startLoopbackServer(options, async (incoming) => {
    const request = blinkRequest(incoming);
    const route = routes.find((each) => fits(each, request));
    const call = { ...request, action: route?.action ?? 'unknown', atMs: clock.nowMs() } as const;
    calls.push(call);
    return faults.around(call, () => (route === undefined ? NOT_FOUND : answer(route, request)));
  });
  return {
    ...server,
    clock,
    faults,
    calls,
    tokens,
    accounts,
    logouts: api.logouts,
    seedSession(session) {
      accounts.addClient(accounts.byId(session.accountId).accountId, session.clientId);
      return tokens.open(session).refreshToken;
    },
  };
}

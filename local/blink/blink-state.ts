import type { SettableClock } from '../settable-clock.ts';
import type { Accounts } from './accounts.ts';
import type { SignIns } from './sign-ins.ts';
import type { Tokens } from './tokens.ts';

/** What the stand-in remembers. */
export interface BlinkState {
  readonly clock: SettableClock;
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly signIns: SignIns;
  /** Those that were carried out. */
  readonly logouts: { readonly accountId: number; readonly clientId: number; readonly path: string }[];
}

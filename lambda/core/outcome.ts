import type { Condition } from './condition.ts';

/** The result of a logout that did not fail. */
export type LogoutOutcome =
  | {
      readonly outcome: 'logged_out';
      readonly session: string;
      readonly accountId: number;
      readonly clientId: string;
      readonly message: string;
    }
  /** A repetition within five minutes. */
  | { readonly outcome: 'already_logged_out'; readonly session: string }
  /** An earlier logout ended the token, or the client is no longer on the account: since then, or since it was noticed. */
  | { readonly outcome: 'nothing_to_log_out'; readonly session: string; readonly since: string };

export const LOGOUT_OUTCOMES = [
  'logged_out',
  'already_logged_out',
  'nothing_to_log_out',
] as const satisfies readonly LogoutOutcome['outcome'][];

/** The result of a check, which only reads: it writes and spends nothing. */
export type CheckResult = Condition & { readonly session: string };

export type Outcome = LogoutOutcome | CheckResult;

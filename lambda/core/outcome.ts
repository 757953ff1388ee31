/** The result of a run that did not fail. */
export type Outcome =
  | {
      readonly outcome: 'logged_out';
      readonly session: string;
      readonly accountId: number;
      readonly clientId: string;
      readonly message: string;
    }
  | { readonly outcome: 'already_logged_out'; readonly session: string }
  | { readonly outcome: 'ready'; readonly session: string }
  /** A logout may be tried, but an earlier run may have used the refresh token without saving the new one. */
  | { readonly outcome: 'token_may_be_lost'; readonly session: string };

/** All outcomes. Those of a logged-out session count as `Succeeded`, which the alarm `no-success` watches. */
export const OUTCOMES: Readonly<Record<Outcome['outcome'], { readonly isLoggedOut: boolean }>> = {
  logged_out: { isLoggedOut: true },
  already_logged_out: { isLoggedOut: true },
  ready: { isLoggedOut: false },
  token_may_be_lost: { isLoggedOut: false },
};

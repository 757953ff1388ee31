/** What a run came to when nothing failed. */
export type Outcome =
  | {
      readonly outcome: 'logged_out';
      readonly session: string;
      readonly accountId: number;
      readonly clientId: string;
      readonly message: string;
    }
  | { readonly outcome: 'already_logged_out'; readonly session: string }
  | { readonly outcome: 'ready'; readonly session: string };

import { CONDITIONS, type Condition, conditionOf, isLoggedOut } from '../../lambda/core/condition.ts';
import type { StoredSession } from '../../lambda/core/stored-session/stored-session.ts';
import { type ClaimRecord, isSaveOf, type JournalEvent } from '../../lambda/core/vault/journal.ts';
import type { Reading } from '../../lambda/core/vault/session-vault.ts';
import { masked } from '../../lib/masked.ts';
import type { Target } from './target.ts';
import { duration } from './terminal/duration.ts';

/** The stored fields. Secrets are masked. */
export interface StoredReport {
  readonly form: string;
  readonly refreshToken: string;
  readonly hardwareId?: string;
  readonly accountId?: number;
  readonly clientId?: string;
  readonly tier?: string;
}

/** What the session's condition is, and what has happened to it. */
export interface ConditionReport {
  readonly condition: Condition['kind'];
  /** A logout can be tried now, or has just been done. */
  readonly usable: boolean;
  readonly words: string;
  /** The oldest comes first. */
  readonly history: readonly { readonly at: string; readonly words: string }[];
}

export type SessionReport = { readonly session: string; readonly secret: string } & StoredReport &
  ConditionReport & { readonly refreshTokenAgeSeconds: number };

const FORMS: Readonly<Record<StoredSession['form'], string>> = {
  'blink-tokens': 'BLINK_TOKENS',
  blinkpy: 'JSON of blinkpy',
  homebridge: 'JSON of a Homebridge plugin',
};

export function sessionReport({ sessionSecret }: Target, reading: Reading): SessionReport {
  const { session, stored, nowMs, createdAtMs } = reading;
  return {
    session,
    secret: sessionSecret(session),
    ...storedReport(stored),
    refreshTokenAgeSeconds: Math.max(0, Math.floor((nowMs - createdAtMs) / 1000)),
    ...conditionReport(reading),
  };
}

export function storedReport(stored: StoredSession): StoredReport {
  const { form, refreshToken, hardwareId, accountId, clientId, tier } = stored;
  return {
    form: FORMS[form],
    refreshToken: masked(refreshToken),
    ...(hardwareId !== undefined && { hardwareId: masked(hardwareId) }),
    ...(accountId !== undefined && { accountId }),
    ...(clientId !== undefined && { clientId }),
    ...(tier !== undefined && { tier }),
  };
}

/** One line for each field, missing ones included. */
export function storedLines(report: StoredReport): readonly string[] {
  return [
    `  format         ${report.form}`,
    `  refresh token  ${report.refreshToken}`,
    `  account        ${report.accountId ?? 'missing'}`,
    `  tier           ${report.tier ?? 'missing'}`,
    `  client         ${report.clientId ?? 'missing'}`,
    `  hardware id    ${report.hardwareId ?? 'missing'}`,
  ];
}

function conditionReport(reading: Reading): ConditionReport {
  const condition = conditionOf(reading);
  const counts = CONDITIONS[condition.kind];
  return {
    condition: condition.kind,
    usable: counts === 'fine' || counts === 'attention',
    words: conditionWords(condition, reading.nowMs),
    history: historyOf(reading),
  };
}

/** Begins with the condition's name, under which the documents explain it. */
export function conditionWords(condition: Condition, nowMs: number): string {
  const ago = (ms: number) => `${duration(Math.max(0, nowMs - ms))} ago`;
  const until = (ms: number) => duration(Math.max(0, ms - nowMs));
  switch (condition.kind) {
    case 'ready':
      return 'ready';
    case 'logged_out':
      return `logged out ${ago(condition.atMs)}`;
    case 'signed_out':
      return `signed out ${ago(condition.sinceMs)}: nothing is left to log out until you sign in again`;
    case 'busy':
      return `busy: a run is at work, or ended without a report; another can start in ${until(condition.untilMs)}`;
    case 'cooling_down':
      return `cooling down: no request is sent to Blink for ${until(condition.untilMs)}, because ${condition.why}`;
    case 'in_doubt':
      return 'in doubt: the token may be lost; the next run finds out';
    case 'needs_sign_in':
      return condition.reason === 'refused_by_blink'
        ? 'needs sign-in: Blink refuses the refresh token'
        : 'needs sign-in: the refresh token may have been spent without saving the new one';
    case 'secret_full':
      return `secret full: it has no room for more versions; a logout can be tried in ${until(condition.untilMs)}`;
    case 'invalid':
      return `invalid: ${condition.why}`;
    case 'unreadable':
      return `unreadable: ${condition.why}`;
  }
}

/** The colour of a condition. */
export function colourOf(condition: Condition['kind']): 'green' | 'yellow' | 'red' {
  switch (CONDITIONS[condition]) {
    case 'fine':
    case 'passes':
      return 'green';
    case 'attention':
      return 'yellow';
    case 'failure':
      return 'red';
  }
}

const EVENTS: Readonly<Record<JournalEvent['what'], string>> = {
  logged_out: 'logged out',
  saved: 'refreshed and saved, not logged out',
  rejected: 'refreshed and saved; Blink rejected the logout',
  failed: 'nothing spent',
  no_answer: 'no answer from Blink',
  refused: 'Blink refused the token',
};

/** What runs have reported, and the claims of those that have not. */
function historyOf(reading: Reading): ConditionReport['history'] {
  const { journal } = reading.journal;
  const reported = journal.history.map(({ at, what, client, why }) => {
    const of = client === undefined || client === 'own' ? '' : `, client ${client}`;
    return { at, words: EVENTS[what] + of + (why === undefined ? '' : ` (${why})`) };
  });
  const claimed = journal.tokens.flatMap(({ token, claims }) =>
    claims.map((claim) => ({ at: claim.at, words: claimWords(claim, token === reading.token, reading) })),
  );
  return [...reported, ...claimed].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** A logout that succeeds writes no further journal: its save is the current version. */
function claimWords(claim: ClaimRecord, isOfThisToken: boolean, reading: Reading): string {
  if (isSaveOf(claim, reading.currentVersionId)) return EVENTS[isLoggedOut(reading) ? 'logged_out' : 'saved'];
  if (!isOfThisToken) return 'claimed; the token has been replaced since';
  return reading.nowMs < Date.parse(claim.until)
    ? 'claimed; the run may be at work'
    : 'claimed, not reported';
}

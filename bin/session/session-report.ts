import { CONDITIONS, type Condition, conditionOf, isLoggedOut } from '../../lambda/core/condition.ts';
import type { StoredSession } from '../../lambda/core/stored-session/stored-session.ts';
import { type ClaimRecord, isSaveOf } from '../../lambda/core/vault/journal.ts';
import type { Reading } from '../../lambda/core/vault/reading.ts';
import { masked } from '../../local/masked.ts';
import type { Target } from './target.ts';
import { duration } from './terminal/duration.ts';

/** The stored fields. Secrets are masked. */
export interface StoredReport {
  readonly form: string;
  readonly refreshToken: string;
  readonly hardwareId: string | undefined;
  readonly accountId: number | undefined;
  readonly clientId: string | undefined;
  readonly tier: string | undefined;
}

/** What is stored, what the session's condition is, and what has happened to it. */
export interface SessionReport extends StoredReport {
  readonly session: string;
  readonly secret: string;
  readonly refreshTokenAgeSeconds: number;
  readonly condition: Condition['condition'];
  /** A logout can be tried now, or has just been done. */
  readonly usable: boolean;
  readonly words: string;
  /** The oldest comes first. */
  readonly history: readonly { readonly at: string; readonly words: string }[];
}

const FORMS: Readonly<Record<StoredSession['form'], string>> = {
  'blink-tokens': 'BLINK_TOKENS',
  blinkpy: 'JSON of blinkpy',
  homebridge: 'JSON of a Homebridge plugin or of blink-logout',
};

export function sessionReport({ sessionSecret }: Target, reading: Reading): SessionReport {
  const { session, stored, nowMs, createdAtMs } = reading;
  const found = conditionOf(reading);
  return {
    session,
    secret: sessionSecret(session),
    ...storedReport(stored),
    refreshTokenAgeSeconds: Math.max(0, Math.floor((nowMs - createdAtMs) / 1000)),
    condition: found.condition,
    usable: ['fine', 'attention'].includes(CONDITIONS[found.condition]),
    words: conditionWords(found, nowMs),
    history: historyOf(reading),
  };
}

export function storedReport(stored: StoredSession): StoredReport {
  const { form, refreshToken, hardwareId, accountId, clientId, tier } = stored;
  return {
    form: FORMS[form],
    refreshToken: masked(refreshToken),
    hardwareId: hardwareId && masked(hardwareId),
    accountId,
    clientId,
    tier,
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

/** Begins with the condition's name, under which the documents explain it. */
function conditionWords(found: Condition, nowMs: number): string {
  const since = (at: string) => `${duration(nowMs - Date.parse(at))} ago`;
  const until = (at: string) => duration(Date.parse(at) - nowMs);
  switch (found.condition) {
    case 'ready':
      return 'ready';
    case 'logged_out':
      return `logged out ${since(found.at)}`;
    case 'signed_out':
      return `signed out ${since(found.since)}: nothing is left to log out until you sign in again`;
    case 'busy':
      return `busy: a run is at work, or ended without a report; another can start in ${until(found.until)}`;
    case 'cooling_down':
      return `cooling down: no request is sent to Blink for ${until(found.until)}, because ${found.why}`;
    case 'in_doubt':
      return 'in doubt: the token may be lost; the next run finds out';
    case 'needs_sign_in':
      return found.why === 'refused_by_blink'
        ? 'needs sign-in: Blink refuses the refresh token'
        : 'needs sign-in: the refresh token may have been spent without saving the new one';
    case 'secret_full':
      return `secret full: it has no room for more versions; a logout can be tried in ${until(found.until)}`;
  }
}

const COLOURS = { fine: 'green', passes: 'green', attention: 'yellow', failure: 'red' } as const;

export function colourOf(condition: keyof typeof CONDITIONS): 'green' | 'yellow' | 'red' {
  return COLOURS[CONDITIONS[condition]];
}

/** The journal's events, and the claims that it has no event of. */
function historyOf(reading: Reading): SessionReport['history'] {
  const { journal } = reading.journal;
  const reported = journal.history.map(({ at, what, client = 'own', why }) => {
    const of = client === 'own' ? '' : `, client ${client}`;
    return { at, words: what.replace('_', ' ') + of + (why === undefined ? '' : ` (${why})`) };
  });
  const claimed = journal.tokens.flatMap(({ claims }) =>
    claims.map((claim) => ({ at: claim.at, words: endOf(claim, reading) })),
  );
  return [...reported, ...claimed].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** A logout that is marked writes no event: its save is the current version, or was, until a sign-in. */
function endOf(claim: ClaimRecord, reading: Reading): string {
  const { versionId, replacedLogout } = reading;
  if (replacedLogout !== undefined && isSaveOf(claim, replacedLogout)) return 'logged out';
  if (!isSaveOf(claim, versionId)) return 'claimed, not reported';
  return isLoggedOut(reading) ? 'logged out' : 'saved';
}

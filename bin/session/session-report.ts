import type { StoredSession } from '../../lambda/core/stored-session/stored-session.ts';
import type { SessionState } from '../../lambda/core/vault/session-state.ts';
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

/** How the last run with the stored refresh token ended, and whether a logout can be tried. */
export interface LastRun {
  readonly lastRun:
    | 'none'
    | 'logged_out'
    | 'at_work'
    | 'refused'
    | 'unreported'
    | 'unanswered'
    | 'blocked_by_blink';
  /** A logout can be tried now, or has just been done. */
  readonly usable: boolean;
  readonly words: string;
}

export type SessionReport = { readonly session: string; readonly secret: string } & StoredReport &
  LastRun & { readonly refreshTokenAgeSeconds: number };

const FORMS: Readonly<Record<StoredSession['form'], string>> = {
  'blink-tokens': 'BLINK_TOKENS',
  blinkpy: 'JSON of blinkpy',
  homebridge: 'JSON of a Homebridge plugin',
};

export function sessionReport(
  { sessionSecret }: Target,
  { session, stored, state, refreshTokenAgeMs }: Reading,
): SessionReport {
  return {
    session,
    secret: sessionSecret(session),
    ...storedReport(stored),
    refreshTokenAgeSeconds: Math.floor(refreshTokenAgeMs / 1000),
    ...lastRun(state, refreshTokenAgeMs),
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

function lastRun(state: SessionState, ageMs: number): LastRun {
  const { availability } = state;
  switch (availability.kind) {
    case 'busy':
      return {
        lastRun: 'at_work',
        usable: false,
        words: `a run is at work; if it does not report its end, another can start in ${duration(availability.retryAfterSeconds * 1000)}`,
      };
    case 'cooling_down':
      return {
        lastRun: 'blocked_by_blink',
        usable: false,
        words: `Blink rejected the last run; no request is sent for ${duration(availability.retryAfterSeconds * 1000)}`,
      };
    case 'saved_not_current':
      return {
        lastRun: 'unreported',
        usable: true,
        words: 'the last run saved its token and did not make it current; the next one does',
      };
    case 'refused':
      return {
        lastRun: 'refused',
        usable: false,
        words: availability.lost
          ? 'the refresh token may have been spent without saving the new one: sign in again'
          : 'Blink refuses the refresh token: sign in again',
      };
    case 'takeovers_exhausted':
      return {
        lastRun: 'unreported',
        usable: false,
        words: 'too many runs claimed this token without reporting a result: sign in again',
      };
    case 'no_room':
      return {
        ...whenFree(state, ageMs),
        usable: false,
        words: 'the secret has no room for more versions until some are older than 24 hours',
      };
    case 'claimable':
      return whenFree(state, ageMs);
  }
}

function whenFree({ loggedOut, unreportedAttempts, tokenMayBeLost }: SessionState, ageMs: number): LastRun {
  if (unreportedAttempts.length > 0) {
    return {
      lastRun: 'unreported',
      usable: true,
      words: 'the last run did not report its end; the next one takes over',
    };
  }
  if (tokenMayBeLost) {
    return { lastRun: 'unanswered', usable: true, words: 'Blink did not answer the last run; try again' };
  }
  return loggedOut === 'never'
    ? { lastRun: 'none', usable: true, words: 'ready; no logout with this token yet' }
    : { lastRun: 'logged_out', usable: true, words: `logged out ${duration(ageMs)} ago` };
}

import { isFailure, type SessionEntry } from '../session-entries.ts';
import type { Target } from '../target.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';

const SHOWN = 5;

export function examineSessions(entries: readonly SessionEntry[], target: Target): Finding {
  if (entries.length === 0) {
    return notConfigured(
      'There are no sessions yet.',
      `Store the first one: ${target.commandLine('sign-in')}`,
    );
  }
  const failed = entries.filter(isFailure);
  if (failed.length > 0) {
    return notOk(
      `${failed.length} of ${entries.length} sessions need you.`,
      ...failed.slice(0, SHOWN).map(({ session, words }) => `${session}: ${words}`),
      `To see them all: ${target.commandLine('list', '--failed')}`,
    );
  }
  const noted = entries.filter(({ condition }) => condition === 'signed_out' || condition === 'in_doubt');
  const none =
    entries.length === 1 ? 'The session does not need you.' : `None of ${entries.length} sessions needs you.`;
  return ok([none, ...noted.slice(0, SHOWN).map(({ session, words }) => `${session}: ${words}.`)].join(' '));
}

import { CONDITIONS } from '../../../lambda/core/condition.ts';
import type { SessionEntry } from '../session-entries.ts';
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
  const unusable = entries.flatMap((entry) => {
    if ('error' in entry) return [{ session: entry.session, why: entry.error.message }];
    return CONDITIONS[entry.condition] !== 'failure' ? [] : [{ session: entry.session, why: entry.words }];
  });
  if (unusable.length === 0) {
    return ok(
      entries.length === 1 ? 'The session can be used.' : `All ${entries.length} sessions can be used.`,
    );
  }
  return notOk(
    `${unusable.length} of ${entries.length} sessions cannot be used.`,
    ...unusable.slice(0, SHOWN).map(({ session, why }) => `${session}: ${why}`),
    `To see them all: ${target.commandLine('list', '--failed')}`,
  );
}

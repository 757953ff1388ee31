import * as v from 'valibot';
import { CONDITIONS } from '../../lambda/core/condition.ts';
import { Failure } from '../../lambda/core/failure.ts';
import { sessionNameSchema } from '../../lambda/core/session-name.ts';
import { CommandError } from './errors/command-error.ts';
import { explain } from './errors/explain.ts';
import { type SessionReport, sessionReport } from './session-report.ts';
import { sessionSecrets } from './session-secrets.ts';
import type { Target } from './target.ts';

/** A session, or why it cannot be read. */
export type SessionEntry = SessionReport | UnreadEntry;

interface UnreadEntry {
  readonly session: string;
  readonly condition: 'invalid' | 'unreadable';
  readonly words: string;
  readonly error: CommandError['document'];
}

/** Well below Secrets Manager's limits of calls per second. */
const CONCURRENT_READS = 10;

/** Reads all sessions, sorted by name. Spends nothing. */
export async function readSessions(target: Target): Promise<readonly SessionEntry[]> {
  const secrets = await sessionSecrets(target);
  const read: SessionEntry[] = [];
  for (let from = 0; from < secrets.length; from += CONCURRENT_READS) {
    const some = secrets.slice(from, from + CONCURRENT_READS);
    read.push(...(await Promise.all(some.map(({ session }) => readEntry(target, session)))));
  }
  return read;
}

export function isReadable(entry: SessionEntry): entry is SessionReport {
  return !('error' in entry);
}

/** A person must do something. */
export function isFailure({ condition }: Pick<SessionEntry, 'condition'>): boolean {
  return CONDITIONS[condition] === 'failure';
}

/** How many sessions need a person. */
export function needWords(entries: readonly SessionEntry[]): string {
  const failed = entries.filter(isFailure).length;
  if (failed > 0) return `${failed} of ${entries.length} sessions ${failed === 1 ? 'needs' : 'need'} you.`;
  return entries.length === 1
    ? 'The session does not need you.'
    : `None of ${entries.length} sessions needs you.`;
}

async function readEntry(target: Target, session: string): Promise<SessionEntry> {
  try {
    if (!v.is(sessionNameSchema, session)) throw nameInvalid();
    return sessionReport(target, await target.vault.read(session));
  } catch (error) {
    if (!(error instanceof Failure || error instanceof CommandError)) throw error;
    const condition = /^session(_name)?_invalid$/.test(error.code) ? 'invalid' : 'unreadable';
    const { document } = await explain(error, target, session);
    return { session, condition, words: `${condition}: ${error.message}`, error: document };
  }
}

function nameInvalid(): CommandError {
  return new CommandError('session_name_invalid', 'the function does not accept this session’s name');
}

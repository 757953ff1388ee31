import * as v from 'valibot';
import { CONDITIONS } from '../../lambda/core/condition.ts';
import { Failure } from '../../lambda/core/failure.ts';
import { sessionNameSchema } from '../../lambda/core/session-name.ts';
import { CommandError } from './errors/command-error.ts';
import { explain } from './errors/explain.ts';
import { conditionWords, type SessionReport, sessionReport } from './session-report.ts';
import { sessionNames } from './session-secrets.ts';
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
  const names = await sessionNames(target);
  const read: SessionEntry[] = [];
  for (let from = 0; from < names.length; from += CONCURRENT_READS) {
    const some = names.slice(from, from + CONCURRENT_READS);
    read.push(...(await Promise.all(some.map((name) => readEntry(target, name)))));
  }
  return read;
}

export function isReadable(entry: SessionEntry): entry is SessionReport {
  return 'usable' in entry;
}

/** A logout can be tried now, or has just been done. */
export function isUsable(entry: SessionEntry): boolean {
  return isReadable(entry) && entry.usable;
}

/** A person must do something. */
export function isFailure({ condition }: SessionEntry): boolean {
  return CONDITIONS[condition] === 'failure';
}

async function readEntry(target: Target, session: string): Promise<SessionEntry> {
  try {
    if (!v.is(sessionNameSchema, session)) {
      throw new CommandError('session_name_invalid', 'The function does not accept this session’s name.');
    }
    return sessionReport(target, await target.vault.read(session));
  } catch (error) {
    if (!(error instanceof Failure || error instanceof CommandError)) throw error;
    const { document } = await explain(error, target, session);
    const isInvalid = document.code === 'session_invalid' || error instanceof CommandError;
    const condition = isInvalid ? 'invalid' : 'unreadable';
    const words = conditionWords({ kind: condition, why: document.message }, Date.now());
    return { session, condition, words, error: document };
  }
}

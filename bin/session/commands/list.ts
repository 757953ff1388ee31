import * as v from 'valibot';
import { Failure } from '../../../lambda/failure.ts';
import { sessionNameSchema } from '../../../lambda/session-name.ts';
import { CommandError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { type SessionReport, sessionReport } from '../session-report.ts';
import { sessionNames } from '../session-secrets.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { type AddCommand, type Context, FAILED, OK, type Task } from './command.ts';

/** Well below Secrets Manager's limits of calls per second. */
const CONCURRENT_READS = 10;

type Entry = SessionReport | { readonly session: string; readonly error: CommandError['document'] };

const COLUMNS = {
  session: 'session',
  age: 'token stored',
  state: 'last run, and whether a logout can be tried',
};

const HELP = `
Columns: the session's name; when its newest refresh token was stored; how the last run with this token ended, or why a logout
cannot be tried.
The exit code is 1 if a session cannot be used: if its secret is unusable, Blink refuses its token, or a run is at work.`;

export const addList: AddCommand = (program, start) => {
  program
    .command('list')
    .description('check all sessions; spends nothing')
    .addHelpText('after', HELP)
    .option('--failed', 'show only the sessions that cannot be used')
    .action(({ failed = false }: { failed?: boolean }) => start(list(failed)));
};

/** Shows the sessions that cannot be read too. */
function list(failedOnly: boolean): Task {
  return async ({ terminal, target }) => {
    const entries = await terminal.progress('Reading the sessions', () => readAll(target));
    const failed = entries.filter((entry) => !isUsable(entry));
    const shown = failedOnly ? failed : entries;
    terminal.result({ sessions: shown }, lines(shown, entries.length, { terminal, target }));
    return failed.length > 0 ? FAILED : OK;
  };
}

function lines(
  shown: readonly Entry[],
  total: number,
  { terminal, target }: Pick<Context, 'terminal' | 'target'>,
): readonly string[] {
  if (total === 0) return [`There are no sessions yet. Start with: ${target.commandLine('sign-in')}`];
  if (shown.length === 0)
    return [total === 1 ? 'The session can be used.' : `All ${total} sessions can be used.`];
  const rows = shown.map((entry) =>
    'error' in entry
      ? { session: entry.session, age: '', state: terminal.style('red', entry.error.message) }
      : {
          session: entry.session,
          age: `${duration(entry.refreshTokenAgeSeconds * 1000)} ago`,
          state: terminal.style(entry.usable ? 'green' : 'red', entry.words),
        },
  );
  const width = (column: 'session' | 'age') =>
    Math.max(...[COLUMNS, ...rows].map((row) => row[column].length));
  const line = ({ session, age, state }: typeof COLUMNS) =>
    `${session.padEnd(width('session'))}  ${age.padEnd(width('age'))}  ${state}`;
  return [terminal.style('dim', line(COLUMNS)), ...rows.map(line)];
}

function isUsable(entry: Entry): boolean {
  return 'usable' in entry && entry.usable;
}

async function readAll(target: Target): Promise<readonly Entry[]> {
  const names = await sessionNames(target);
  const read: Entry[] = [];
  for (let from = 0; from < names.length; from += CONCURRENT_READS) {
    const some = names.slice(from, from + CONCURRENT_READS);
    read.push(...(await Promise.all(some.map((name) => readEntry(target, name)))));
  }
  return read;
}

async function readEntry(target: Target, session: string): Promise<Entry> {
  try {
    if (!v.is(sessionNameSchema, session)) {
      throw new CommandError('session_name_invalid', 'The function does not accept this session’s name.');
    }
    return sessionReport(target, await target.vault.read(session));
  } catch (error) {
    if (!(error instanceof Failure || error instanceof CommandError)) throw error;
    return { session, error: (await explain(error, target, session)).document };
  }
}

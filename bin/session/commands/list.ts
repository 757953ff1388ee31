import { isUsable, readSessions, type SessionEntry } from '../session-entries.ts';
import { duration } from '../terminal/duration.ts';
import { type AddCommand, type Context, FAILED, OK, type Task } from './command.ts';

const COLUMNS = {
  session: 'session',
  age: 'token stored',
  state: 'last run, and whether a logout can be tried',
};

const HELP = `
Columns: the session's name; when its newest refresh token was stored; how the
last run with this token ended, or why a logout cannot be tried.
The exit code is 1 if a session cannot be used: if its secret is unusable, Blink
refuses its token, or a run is at work.`;

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
    const entries = await terminal.progress('Reading the sessions', () => readSessions(target));
    const failed = entries.filter((entry) => !isUsable(entry));
    const shown = failedOnly ? failed : entries;
    terminal.result({ sessions: shown }, lines(shown, entries.length, { terminal, target }));
    return failed.length > 0 ? FAILED : OK;
  };
}

function lines(
  shown: readonly SessionEntry[],
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

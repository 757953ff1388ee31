import { isFailure, isReadable, readSessions, type SessionEntry } from '../session-entries.ts';
import { colourOf } from '../session-report.ts';
import { duration } from '../terminal/duration.ts';
import { type AddCommand, type Context, FAILED, OK, type Task } from './command.ts';

const COLUMNS = { session: 'session', age: 'token stored', words: 'condition' };

const HELP = `
Columns: the session's name; when its newest refresh token was stored; the
session's condition. The exit code is 1 if a session needs you: sign in again,
or correct its secret.`;

export const addList: AddCommand = (program, start) => {
  program
    .command('list')
    .description('check all sessions; spends nothing')
    .addHelpText('after', HELP)
    .option('--failed', 'show only the sessions that need you')
    .action(({ failed = false }: { failed?: boolean }) => start(list(failed)));
};

/** Shows the sessions that cannot be read too. */
function list(failedOnly: boolean): Task {
  return async ({ terminal, target }) => {
    const entries = await terminal.progress('Reading the sessions', () => readSessions(target));
    const failed = entries.filter(isFailure);
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
    return [total === 1 ? 'The session does not need you.' : `None of ${total} sessions needs you.`];
  const rows = shown.map((entry) => ({
    session: entry.session,
    age: isReadable(entry) ? `${duration(entry.refreshTokenAgeSeconds * 1000)} ago` : '',
    words: terminal.style(colourOf(entry.condition), entry.words),
  }));
  const width = (column: 'session' | 'age') =>
    Math.max(...[COLUMNS, ...rows].map((row) => row[column].length));
  const line = ({ session, age, words }: typeof COLUMNS) =>
    `${session.padEnd(width('session'))}  ${age.padEnd(width('age'))}  ${words}`;
  return [terminal.style('dim', line(COLUMNS)), ...rows.map(line)];
}

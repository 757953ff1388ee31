import { isFailure, isReadable, needWords, readSessions, type SessionEntry } from '../session-entries.ts';
import { colourOf } from '../session-report.ts';
import { duration } from '../terminal/duration.ts';
import { table } from '../terminal/table.ts';
import { type AddCommand, type Context, FAILED, OK, type Task } from './command.ts';

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
  return async (context) => {
    const { terminal, target } = context;
    const entries = await terminal.progress('Reading the sessions', () => readSessions(target));
    const failed = entries.filter(isFailure);
    const shown = failedOnly ? failed : entries;
    terminal.result({ sessions: shown }, lines(shown, entries, context));
    return failed.length > 0 ? FAILED : OK;
  };
}

function lines(
  shown: readonly SessionEntry[],
  all: readonly SessionEntry[],
  { terminal, target }: Context,
): readonly string[] {
  if (all.length === 0) return [`There are no sessions yet. Start with: ${target.commandLine('sign-in')}`];
  if (shown.length === 0) return [needWords(all)];
  return table(
    terminal,
    ['session', 'token stored', 'condition'],
    shown.map((entry) => [
      entry.session,
      isReadable(entry) ? `${duration(entry.refreshTokenAgeSeconds * 1000)} ago` : '',
      terminal.style(colourOf(entry.condition), entry.words),
    ]),
  );
}

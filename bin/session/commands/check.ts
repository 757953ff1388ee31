import { isFailure } from '../session-entries.ts';
import { colourOf, sessionReport, storedLines } from '../session-report.ts';
import { duration } from '../terminal/duration.ts';
import { type AddCommand, FAILED, OK, sessionArgument, type Task } from './command.ts';

export const addCheck: AddCommand = (program, start) => {
  program
    .command('check')
    .description('show what is stored and how the last run ended; spends nothing')
    .addHelpText('after', '\nWith --verbose, it shows the session’s journal too.')
    .addArgument(sessionArgument())
    .action((session: string, { verbose = false }: { readonly verbose?: boolean }) =>
      start(check(session, verbose), session),
    );
};

const TIME = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

function check(session: string, verbose: boolean): Task {
  return async ({ terminal, target }) => {
    const reading = await terminal.progress('Reading the session', () => target.vault.read(session));
    const report = sessionReport(target, reading);
    const { journal } = reading.journal;
    terminal.result({ ...report, ...(verbose && { journal }) }, [
      `${terminal.style('bold', session)}: ${terminal.style(colourOf(report.condition), report.words)}`,
      `  secret         ${report.secret}`,
      ...storedLines(report),
      `  stored         ${duration(report.refreshTokenAgeSeconds * 1000)} ago`,
      ...report.history.map(({ at, words }) => `  ${TIME.format(new Date(at))}  ${words}`),
      ...(verbose ? JSON.stringify(journal, undefined, 2).split('\n') : []),
    ]);
    return isFailure(report) ? FAILED : OK;
  };
}

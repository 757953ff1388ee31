import type { Command } from 'commander';
import { sessionReport, storedLines } from '../session-report.ts';
import { duration } from '../terminal/duration.ts';
import { ALL_HELP, ALL_OPTION, taskForAll } from './all-option.ts';
import { type AddCommand, FAILED, OK, sessionArgument, type Task } from './command.ts';

export const addCheck: AddCommand = (program, start) => {
  program
    .command('check')
    .description('show what is stored and how the last run ended; spends nothing')
    .addHelpText('after', ALL_HELP)
    .addArgument(sessionArgument())
    .option(...ALL_OPTION)
    .action((session: string, { all = false }: { all?: boolean }, command: Command) =>
      all ? start(taskForAll('check', command)) : start(check(session), session),
    );
};

function check(session: string): Task {
  return async ({ terminal, target }) => {
    const reading = await terminal.progress('Reading the session', () => target.vault.read(session));
    const report = sessionReport(target, reading);
    terminal.result(report, [
      `${terminal.style('bold', session)}: ${terminal.style(report.usable ? 'green' : 'red', report.words)}`,
      `  secret         ${report.secret}`,
      ...storedLines(report),
      `  stored         ${duration(reading.refreshTokenAgeMs)} ago`,
    ]);
    return report.usable ? OK : FAILED;
  };
}

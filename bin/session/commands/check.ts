import { type Context, type ExitCode, FAILED, OK } from '../context.ts';
import { sessionReport, storedLines } from '../session-report.ts';
import { duration } from '../terminal/duration.ts';

/** What is stored and how the last run went. Spends nothing. */
export async function check({ terminal, target }: Context, session: string): Promise<ExitCode> {
  const reading = await terminal.progress('Reading the session', () => target.vault.read(session));
  const report = sessionReport(reading);
  terminal.result(report, [
    `${terminal.style('bold', session)}: ${terminal.style(report.usable ? 'green' : 'red', report.words)}`,
    `  secret         ${report.secret}`,
    ...storedLines(report),
    `  stored         ${duration(reading.refreshTokenAgeMs)} ago`,
  ]);
  return report.usable ? OK : FAILED;
}

import { CommanderError } from 'commander';
import { type ExitCode, FAILED, OK, USAGE } from './context.ts';
import { UsageError } from './errors/command-error.ts';
import { explain } from './errors/explain.ts';
import { type Invocation, parseCommandLine, usageError } from './program.ts';
import { openTarget, type Target } from './target.ts';
import { questionsOn } from './terminal/questions.ts';
import { type Streams, Terminal } from './terminal/terminal.ts';

/** One command line in, one exit code out. */
export async function main(argv: readonly string[], streams: Streams): Promise<ExitCode> {
  const terminal = new Terminal(streams, argv.includes('--json'));
  let invocation: Invocation;
  let target: Target;
  try {
    invocation = parseCommandLine(argv, { out: (text) => streams.stdout.write(text) });
    target = openTarget(invocation.target);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return OK;
    const usage = error instanceof CommanderError ? usageError(error) : error;
    if (!(usage instanceof UsageError)) throw error;
    terminal.failure(usage);
    return USAGE;
  }
  const questions = await questionsOn(streams);
  try {
    return await invocation.run({ terminal, target, questions });
  } catch (error) {
    const explained = await explain(error, target, invocation.session);
    terminal.failure(explained);
    return explained instanceof UsageError ? USAGE : FAILED;
  } finally {
    questions.close();
    target.client.destroy();
  }
}

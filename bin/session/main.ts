import { CommanderError } from 'commander';
import { OK } from './commands/command.ts';
import { CommandError } from './errors/command-error.ts';
import { explain } from './errors/explain.ts';
import { type Invocation, parseCommandLine } from './program.ts';
import { saveRetries } from './save-retries.ts';
import { openTarget, type Target } from './target.ts';
import { Interruption } from './terminal/interruption.ts';
import { type Streams, Terminal } from './terminal/terminal.ts';

/** Runs one command line and resolves with its exit code. */
export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  const terminal = new Terminal(streams, argv.includes('--json'));
  let invocation: Invocation;
  let target: Target;
  const tellOnce = saveRetries(terminal, (cause) => explain(cause, target, invocation.session));
  try {
    invocation = parseCommandLine(argv, { out: (text) => streams.stdout.write(text) });
    target = await openTarget(invocation.target, {
      onSaveRetry: (cause) => void tellOnce(cause),
      show: (text) => terminal.detail(text),
    });
  } catch (error) {
    // Help or the version was asked for, and printed.
    if (error instanceof CommanderError) return OK;
    if (!(error instanceof CommandError)) throw error;
    terminal.failure(error);
    return error.exitCode;
  }
  const interruption = new Interruption(terminal);
  const questions = streams.stdin.isTTY
    ? (await import('./terminal/prompts.ts')).prompts(streams)
    : (await import('./terminal/piped-lines.ts')).pipedLines(streams.stdin);
  try {
    const exitCode = await invocation.task({ terminal, target, questions, interruption });
    return interruption.exitCode ?? exitCode;
  } catch (error) {
    const explained = await explain(error, target, invocation.session);
    terminal.failure(explained);
    return interruption.exitCode ?? explained.exitCode;
  } finally {
    // Otherwise the process waits for the end of a pipe.
    streams.stdin.destroy();
    interruption.close();
    target.client.destroy();
  }
}

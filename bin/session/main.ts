import { CommanderError } from 'commander';
import { isAccessDenied } from '../../lambda/core/vault/secrets-failure.ts';
import { OK } from './commands/command.ts';
import { CommandError } from './errors/command-error.ts';
import { explain } from './errors/explain.ts';
import { usageError } from './errors/usage-error.ts';
import { type Invocation, parseCommandLine } from './program.ts';
import { callText } from './recorded-exchange.ts';
import { openTarget, type Target } from './target.ts';
import { Interruption } from './terminal/interruption.ts';
import { type Streams, Terminal } from './terminal/terminal.ts';

/** Runs one command line and resolves with its exit code. */
export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  const terminal = new Terminal(streams, argv.includes('--json'));
  let invocation: Invocation;
  let target: Target;
  let denialTold = false;
  try {
    invocation = parseCommandLine(argv, { out: (text) => streams.stdout.write(text) });
    const { verbose = false } = invocation.target;
    target = await openTarget(invocation.target, {
      onSaveRetry: tellDenial,
      onCall: (call) => {
        if (verbose) terminal.detail(callText(call));
      },
    });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return OK;
    const explained = error instanceof CommanderError ? usageError(error) : error;
    if (!(explained instanceof CommandError)) throw error;
    terminal.failure(explained);
    return explained.exitCode;
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
    questions.close();
    interruption.close();
    target.client.destroy();
  }

  /** While the save is retried, the user can add the permission and so keep the token. */
  async function tellDenial(cause: unknown): Promise<void> {
    if (denialTold || !isAccessDenied(cause)) return;
    denialTold = true;
    terminal.problem(await explain(cause, target, invocation.session));
    terminal.note('The new refresh token is not stored yet. The command retries until its time is over.');
  }
}

import { type Command, Option } from 'commander';
import { type FleetResult, leftOver } from '../../../lambda/core/fleet-result.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import type { Selection } from '../../../lambda/fleet/input.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import type { FleetEnd, FleetExecution } from '../fleet-execution.ts';
import { placeIn } from '../session-secrets.ts';
import { duration } from '../terminal/duration.ts';
import { type Context, FAILED, OK, parsePatterns, type Task } from './command.ts';

interface AllOptions {
  readonly all?: boolean;
  readonly sessions?: readonly string[];
  readonly failed?: boolean;
}

export const ALL_HELP = `
With --all, the stack's fleet calls the function for each session, some at a
time, and repeats what may pass after 2 and 12 minutes. The command shows how
far it is, and ends with what was left. Ctrl-C ends the command and not the
fleet. \`list\` says how each session is.`;

/** Reads of an execution's history are limited to 15 a second in the account. */
const READ_EVERY_MS = 1_000;

/** Adds the options of `logout` that are about many sessions. */
export function addAllOptions(command: Command): Command {
  const all = new Option('--all', 'all sessions: starts the fleet and follows it');
  const sessions = new Option('--sessions <pattern...>', 'of all, only these: garden "tenant-*"');
  const failed = new Option('--failed', 'of all, only those that the last execution left');
  return command
    .addOption(all.conflicts(['clientId', 'yes']))
    .addOption(sessions.argParser(parsePatterns).implies({ all: true }))
    .addOption(failed.conflicts('sessions').implies({ all: true }));
}

/** The task for many sessions, or `undefined` for one session. */
export function taskForAll(command: Command): Task | undefined {
  const { all, sessions, failed }: AllOptions = command.opts();
  if (!all) return undefined;
  if (command.args.length > 0) {
    throw new UsageError('--all does not accept the name of a session; --sessions does.');
  }
  return (context) => logOutAll(context, failed ? 'failed' : (sessions ?? 'all'));
}

async function logOutAll(
  context: Context,
  selection: Selection | 'failed',
): Promise<typeof OK | typeof FAILED> {
  const { terminal, target, interruption } = context;
  const execution = await terminal.progress('Starting the fleet', async () =>
    // Loads a client of AWS that no other logout needs.
    (await import('../fleet-execution.ts')).FleetExecution.start(target, selection),
  );
  terminal.note(`The fleet of ${target.stackName} runs in ${placeIn(target, execution.arn)}.`);
  const aws = (command: string, ...more: string[]) =>
    target.awsCommandLine('lambda', command, '--durable-execution-arn', execution.arn, ...more);
  const look = `To look at it: ${aws('get-durable-execution', '--query', "'[Status,Result,Error]'")}`;
  const stop = `To stop it: ${aws('stop-durable-execution')}`;
  interruption.words = {
    message: 'Interrupted. The fleet continues without this command.',
    advice: target.local !== undefined ? [look] : [look, stop],
  };
  const end = await follow(context, execution);
  if ('fault' in end) {
    throw new CommandError('fleet_failed', `The fleet did not finish: ${end.fault}.`, [look]);
  }
  const none = selection === 'failed' ? 'the last execution left none, or there was none' : 'there are none';
  terminal.result({ executionArn: execution.arn, ...end.result }, linesOf(end.result, none, context));
  return leftOver(end.result).length === 0 ? OK : FAILED;
}

function follow({ terminal }: Context, execution: FleetExecution): Promise<FleetEnd> {
  return terminal.progress('Logging out', async (show) => {
    for (;;) {
      const { end, called, waitsUntil } = await execution.read();
      const wait = waitsUntil === undefined ? '' : `; waiting until ${waitsUntil.toLocaleTimeString()}`;
      show(`Logging out: ${called} sessions called${wait}`);
      if (end !== undefined) return end;
      await realTiming.wait(READ_EVERY_MS);
    }
  });
}

/** @param none why there was nothing to do, if that is so */
function linesOf(result: FleetResult, none: string, { terminal, target }: Context): readonly string[] {
  const { tried, loggedOut, signedOut, failed, notTried, skipped, seconds } = result;
  const left = leftOver(result);
  const isDone = left.length === 0;
  const total = tried + notTried.length;
  const before = signedOut.length === 0 ? '' : `, ${signedOut.length} signed out before`;
  const named = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`  ${what}: ${names.join(', ')}`];
  return [
    terminal.style(
      isDone ? 'green' : 'red',
      total === 0
        ? `No session to log out: ${none}.`
        : `${loggedOut} of ${total} sessions logged out${before}, in ${duration(seconds * 1000)}.`,
    ),
    ...Object.entries(failed).flatMap(([code, names]) => named(code, names)),
    ...named('not tried, because Blink does not answer', notTried),
    ...named('skipped, because no session can have the name', skipped),
    ...named('signed out by an earlier logout', signedOut),
    ...(isDone
      ? []
      : [
          'docs/runbook.md has a section for each code.',
          `To see the sessions: ${target.commandLine('list')}`,
          // A pattern that no session matches finds none again.
          ...(left.every((name) => name.includes('*'))
            ? []
            : [`To try those again: ${target.commandLine('logout', '--all', '--failed')}`]),
        ]),
  ];
}

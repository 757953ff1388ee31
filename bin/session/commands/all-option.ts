import type { Command } from 'commander';
import { UsageError } from '../errors/command-error.ts';
import type { FleetInput } from '../state-machine/execution.ts';
import type { Task } from './command.ts';

export const ALL_OPTION = ['--all', 'all sessions: starts the state machine and follows it'] as const;

export const ALL_HELP = `
With --all, the stack's state machine calls the function for each session, some
at a time, and repeats what may pass. The command shows how far it is, and ends
with the sessions that failed. Ctrl-C ends the command and not the execution.`;

/** Refuses options and arguments that are about one session. */
export function taskForAll(
  action: FleetInput['action'],
  command: Command,
  notWithAll: readonly string[] = [],
): Task {
  const given: Readonly<Record<string, unknown>> = command.opts();
  if (command.args.length > 0) throw new UsageError('--all does not accept the name of a session.');
  if (notWithAll.some((name) => given[name] !== undefined)) {
    throw new UsageError('--all accepts only the options that select the stack, and --json.');
  }
  // Loads clients of AWS that no other command needs.
  return async (context) => (await import('./all-sessions.ts')).allSessions(context, action);
}

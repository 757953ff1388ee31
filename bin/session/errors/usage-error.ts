import type { CommanderError } from 'commander';
import { commandLine } from '../launcher.ts';
import { UsageError } from './command-error.ts';

/** The arguments are not repeated, as a secret may have been typed in the wrong place. Names of options are. */
export function usageError({ code, message }: CommanderError): UsageError {
  const [, option] = /(--?[a-z][a-z-]*)/.exec(message) ?? [];
  const [, suggestion] = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message) ?? [];
  const advice = [
    ...(suggestion === undefined ? [] : [`Did you mean ${suggestion}?`]),
    `See: ${commandLine('--help')}`,
  ];
  switch (code) {
    case 'commander.help':
      return new UsageError('A command is missing.', advice);
    case 'commander.unknownOption':
      return new UsageError(`There is no option ${option ?? 'of this name'}.`, advice);
    case 'commander.unknownCommand':
      return new UsageError('There is no such command.', advice);
    case 'commander.excessArguments':
      return new UsageError('There are too many arguments.', advice);
    case 'commander.missingMandatoryOptionValue':
      return new UsageError(`${option ?? 'An option'} is missing.`, advice);
    case 'commander.optionMissingArgument':
      return new UsageError(`${option ?? 'An option'} needs a value.`, advice);
    default:
      return new UsageError('Invalid command line.', advice);
  }
}

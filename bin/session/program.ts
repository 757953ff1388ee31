import { Command, type CommanderError, Option } from 'commander';
import { DEFAULT_SESSION } from '../../lambda/core/session-name.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { addCheck } from './commands/check.ts';
import { addClients } from './commands/clients.ts';
import type { Task } from './commands/command.ts';
import { addDoctor } from './commands/doctor.ts';
import { addImport } from './commands/import.ts';
import { addKey } from './commands/key.ts';
import { addList } from './commands/list.ts';
import { addLogout } from './commands/logout.ts';
import { addRemove } from './commands/remove.ts';
import { addSignIn } from './commands/sign-in.ts';
import { addTrial } from './commands/trial.ts';
import { UsageError } from './errors/command-error.ts';
import { usageError } from './errors/usage-error.ts';
import { isRunByNpm, refuseOptionsKeptByNpm } from './run-by-npm.ts';
import type { TargetOptions } from './target.ts';

export const COMMANDS = [
  addSignIn,
  addImport,
  addCheck,
  addList,
  addClients,
  addLogout,
  addTrial,
  addRemove,
  addKey,
  addDoctor,
];

const EXAMPLES = `
Examples:
  $ bin/blink-logout sign-in
      opens Blink's page, and stores the session "default"
  $ bin/blink-logout sign-in garden --region eu-central-1
  $ bin/blink-logout import --from tokens.json
      a file of blinkpy or of a Homebridge plugin, or a BLINK_TOKENS line
  $ bin/blink-logout list
  $ bin/blink-logout check --json
      for scripts: one JSON document
  $ bin/blink-logout sign-in --local
      against "npm start -- --serve", without an account

To spend a refresh token is to exchange it at Blink for a new one. Blink accepts
each only once.
Results go to stdout, everything else to stderr. Exit codes: 0 success,
1 failure, 2 invalid command line, 130 interrupted by Ctrl-C.
AWS credentials and Region are found in the order of the AWS CLI. Passwords,
codes and tokens are never read from the command line or the environment: a
script pipes them in.`;

/** What the command line asks for. */
export interface Invocation {
  readonly task: Task;
  /** The session that an error is about. */
  readonly session: string;
  readonly target: TargetOptions;
}

/** Parses the command line. Throws `UsageError`, and `CommanderError` for help and for the version. */
export function parseCommandLine(
  argv: readonly string[],
  streams: { out: (text: string) => void },
): Invocation {
  let target: TargetOptions = {};
  let invocation: Invocation | undefined;
  const program = new Command('bin/blink-logout')
    .usage('<command> [options]')
    .description('Manages Blink sessions in AWS Secrets Manager, and the webhook’s keys.')
    .version(packageJson.version)
    .addHelpText('after', EXAMPLES)
    .exitOverride(endParsing())
    .configureOutput({ writeOut: streams.out, writeErr: () => {}, outputError: () => {} })
    .hook('preAction', (_, command) => {
      target = command.opts<TargetOptions>();
    });
  for (const add of COMMANDS) {
    add(program, (task, session = DEFAULT_SESSION) => {
      invocation = { task, session, target };
    });
  }
  for (const command of program.commands) {
    command
      .exitOverride(endParsing(command.name()))
      .option('--stack <name>', 'the stack’s setting "name", if it has one')
      .option('--region <region>', 'AWS Region')
      .option('--profile <profile>', 'AWS profile')
      .addOption(
        new Option('--local', 'use the stand-ins of "npm start -- --serve"').conflicts(['region', 'profile']),
      )
      .addOption(
        new Option('--port <port>', 'the same, on the port that "npm start" was given').implies({
          local: true,
        }),
      )
      .option('--json', 'print one JSON document')
      .option('--verbose', 'show each request to Blink and its answer, without secrets and ids');
  }

  const options = program.commands.flatMap((command) => command.options);
  if (isRunByNpm('node bin/session.ts', process.env)) refuseOptionsKeptByNpm(argv, options, process.env);
  requireValues(argv, options);
  program.parse(wordsFor(program, argv), { from: 'user' });
  if (invocation === undefined) throw new UsageError('Expected a command.');
  return invocation;
}

/**
 * Commander would take the next option for a value that is missing: without --local, the command is for the real account.
 * Where a shell's variable is not set, a value is empty.
 */
function requireValues(argv: readonly string[], options: readonly Option[]): void {
  for (const [n, word] of argv.entries()) {
    const [name, value = argv[n + 1]] = word.split(/=(.*)/s);
    const option = options.find(({ long }) => long === name);
    if (option?.required && (value === '' || /^-./.test(value ?? ''))) {
      throw new UsageError(`Option ${name} argument missing.`);
    }
    if (option?.required === false && !option.optional && name !== word) {
      throw new UsageError(`${name} takes no value.`);
    }
  }
}

/** Commander would show the program's help for `no-such-command --help`, and call `help no-such-command` no command. */
function wordsFor(program: Command, argv: readonly string[]): readonly string[] {
  const [name = 'help'] = argv[0] === 'help' ? argv.slice(1) : argv;
  const names = ['help', ...program.commands.map((command) => command.name())];
  return names.includes(name) ? argv : [name];
}

/** @param command whose help an error names */
function endParsing(...command: readonly string[]): (error: CommanderError) => never {
  return (error) => {
    throw error.exitCode === 0 ? error : usageError(error, command);
  };
}

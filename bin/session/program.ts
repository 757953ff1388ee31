import { Command, type CommanderError } from 'commander';
import * as v from 'valibot';
import { NUMERIC_ID_RULE, numericIdSchema } from '../../lambda/blink/numeric-id.ts';
import { DEFAULT_SESSION, sessionNameSchema } from '../../lambda/session-name.ts';
import { check } from './commands/check.ts';
import { importSession } from './commands/import.ts';
import { KEY_ACTIONS, key } from './commands/key.ts';
import { list } from './commands/list.ts';
import { logout } from './commands/logout.ts';
import { signIn } from './commands/sign-in.ts';
import type { Context, ExitCode } from './context.ts';
import { UsageError } from './errors/command-error.ts';
import { EXAMPLES, IMPORT_HELP, KEY_HELP, LOGOUT_HELP, SIGN_IN_HELP } from './help.ts';
import type { TargetOptions } from './target.ts';

/** What the command line asks for. */
export interface Invocation {
  readonly session: string;
  readonly json: boolean;
  readonly target: TargetOptions;
  readonly run: (context: Context) => Promise<ExitCode>;
}

interface CommonOptions extends TargetOptions {
  readonly json?: boolean;
}

const NAME = ['[name]', 'the session: a-z, 0-9 and -', DEFAULT_SESSION] as const;

/** Reads the command line. Throws `CommanderError` for help and for what is not of the form, and `UsageError`. */
export function parseCommandLine(
  argv: readonly string[],
  streams: { out: (text: string) => void },
): Invocation {
  let invocation: Invocation | undefined;
  const program = new Command('session')
    .usage('<command> [options]')
    .description(
      'Blink sessions in AWS Secrets Manager: sign in, import, look, log out; and the webhook’s key.',
    )
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: () => {}, outputError: () => {} });

  const command = (name: string, description: string, help = '') =>
    program
      .command(name)
      .description(description)
      .addHelpText('after', help)
      .option('--region <region>', 'AWS region')
      .option('--profile <profile>', 'AWS profile')
      .option('--local', 'against the stand-ins of "npm start -- --serve"')
      .option('--port <port>', 'with --local: the port that it was started with')
      .option('--json', 'print one JSON document');
  const chosen = (
    { json = false, ...target }: CommonOptions,
    session: string,
    run: (context: Context, session: string) => Promise<ExitCode>,
  ) => {
    const checked = parseName(session);
    invocation = { session: checked, json, target, run: (context) => run(context, checked) };
  };

  command('sign-in', 'sign in at Blink and store the session', SIGN_IN_HELP)
    .argument(...NAME)
    .action((name: string, options: CommonOptions) => chosen(options, name, signIn));
  command('import', 'store the tokens that another client has saved', IMPORT_HELP)
    .argument(...NAME)
    .requiredOption('--from <file>', 'where they are; - for what is piped in')
    .option('--yes', 'replace a session that is there, and look up what is missing')
    .action(
      (name: string, { from, yes = false, ...options }: CommonOptions & { from: string; yes?: boolean }) =>
        chosen(options, name, (context, session) => importSession(context, { session, from, yes })),
    );
  command('check', 'say what is stored and how the last run went; spends nothing')
    .argument(...NAME)
    .action((name: string, options: CommonOptions) => chosen(options, name, check));
  command('list', 'say so of all sessions; spends nothing').action((options: CommonOptions) =>
    chosen(options, DEFAULT_SESSION, list),
  );
  command('logout', 'log the session out now', LOGOUT_HELP)
    .argument(...NAME)
    .option('--client-id <id>', 'another client of the account, logged out with this session’s tokens')
    .action((name: string, { clientId, ...options }: CommonOptions & { clientId?: string }) => {
      const other = clientId === undefined ? {} : { clientId: parseClientId(clientId) };
      chosen(options, name, (context, session) => logout(context, { session, ...other }));
    });
  command('key', 'the webhook’s key: whether there is one, show it, or change it', KEY_HELP)
    .argument('[action]', KEY_ACTIONS.join(' or '))
    .action((action: string | undefined, options: CommonOptions) => {
      const known = KEY_ACTIONS.find((each) => each === action);
      if (action !== undefined && known === undefined) throw new UsageError('key takes show or rotate.');
      chosen(options, DEFAULT_SESSION, (context) => key(context, known));
    });

  program.parse(argv, { from: 'user' });
  if (invocation === undefined) throw new UsageError('A command is missing.');
  return invocation;
}

/** What is typed wrong may be a secret in the wrong place, so it is not repeated beyond an option's name. */
export function usageError({ code, message }: CommanderError): UsageError {
  const advice = ['See: npm run session -- --help'];
  const option = /(--?[a-z][a-z-]*)/.exec(message)?.[1];
  switch (code) {
    case 'commander.help':
      return new UsageError('A command is missing.', advice);
    case 'commander.unknownOption':
      return new UsageError(`There is no option ${option ?? 'of this name'}.`, advice);
    case 'commander.unknownCommand':
      return new UsageError('There is no such command.', advice);
    case 'commander.excessArguments':
      return new UsageError('There are too many arguments.', advice);
    case 'commander.optionMissingArgument':
    case 'commander.missingMandatoryOptionValue':
      return new UsageError(`${option ?? 'An option'} wants a value.`, advice);
    default:
      return new UsageError('The command line is not of the form.', advice);
  }
}

function parseName(name: string): string {
  const parsed = v.safeParse(sessionNameSchema, name);
  if (parsed.success) return parsed.output;
  throw new UsageError(
    'The session’s name must be 1 to 63 characters of a-z, 0-9 and -, and begin with a letter or a digit.',
  );
}

function parseClientId(text: string): string {
  const parsed = v.safeParse(numericIdSchema, text);
  if (parsed.success) return parsed.output;
  throw new UsageError(`--client-id ${NUMERIC_ID_RULE}.`);
}

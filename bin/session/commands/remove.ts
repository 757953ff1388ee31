import { DeleteSecretCommand } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { secretsFailure } from '../../../lambda/core/vault/secrets-failure.ts';
import { CommandError } from '../errors/command-error.ts';
import type { Target } from '../target.ts';
import { type AddCommand, type Context, OK, sessionArgument, type Task } from './command.ts';

/** The longest that Secrets Manager offers (DeleteSecret: RecoveryWindowInDays). */
const RECOVERY_WINDOW_DAYS = 30;

const HELP = `
Deletes the session's secret. Secrets Manager keeps it for ${RECOVERY_WINDOW_DAYS} days, in which it
can be restored; with --now it is gone at once. The client stays signed in at
Blink unless it is logged out first: see logout.
It asks first; without a terminal it deletes only with --yes.`;

interface RemoveOptions {
  readonly now?: boolean;
  readonly yes?: boolean;
}

export const addRemove: AddCommand = (program, start) => {
  program
    .command('remove')
    .description('delete a session’s secret')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .option('--now', 'delete it without a recovery window')
    .option('--yes', 'do not ask')
    .action((session: string, options: RemoveOptions) => start(remove(session, options), session));
};

function remove(session: string, { now = false, yes = false }: RemoveOptions): Task {
  return async (context) => {
    const { terminal, target } = context;
    await terminal.progress('Reading the session', () => target.store.readCurrent(session));
    if (!yes) await ask(context, session, now);
    const deletedAt = await terminal.progress('Deleting the secret', () =>
      deleteSecret(target, session, now),
    );
    const secret = target.sessionSecret(session);
    terminal.result({ session, secret, deletedAt: deletedAt.toISOString(), recoverable: !now }, [
      now
        ? `${terminal.style('green', 'Deleted')} ${secret}.`
        : `${terminal.style('green', 'Removed.')} ${secret} is deleted for good on ${day(deletedAt)}.`,
      ...(now
        ? []
        : [
            `To restore it before: ${target.awsCommandLine('secretsmanager', 'restore-secret', '--secret-id', secret)}`,
          ]),
    ]);
    return OK;
  };
}

async function ask({ terminal, target, questions }: Context, session: string, now: boolean): Promise<void> {
  const logOut = `To end the session at Blink too, first: ${target.commandLine('logout', session)}`;
  if (questions.fromScript) {
    throw new CommandError('not_confirmed', 'Without a terminal, remove deletes only with --yes.', [logOut]);
  }
  terminal.note(logOut);
  const sure = now
    ? `Delete ${session} at once? Its tokens cannot be restored.`
    : `Delete ${session}? It can be restored for ${RECOVERY_WINDOW_DAYS} days.`;
  if (!(await questions.confirm(sure))) throw new CommandError('not_confirmed', 'Nothing was changed.');
}

const deletedSchema = v.object({ DeletionDate: v.date() });

async function deleteSecret({ client, sessionSecret }: Target, session: string, now: boolean): Promise<Date> {
  const window = now ? { ForceDeleteWithoutRecovery: true } : { RecoveryWindowInDays: RECOVERY_WINDOW_DAYS };
  try {
    const deleted = await client.send(
      new DeleteSecretCommand({ SecretId: sessionSecret(session), ...window }),
    );
    return v.parse(deletedSchema, deleted).DeletionDate;
  } catch (error) {
    throw secretsFailure(error);
  }
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

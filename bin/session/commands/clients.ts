import { Failure } from '../../../lambda/core/failure.ts';
import { accountOf } from '../../../lambda/core/log-out.ts';
import { type ListedClient, listClients } from '../client-list.ts';
import { CommandError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { IOS } from '../sign-in/authorization.ts';
import { type Access, withAccess } from '../spending-run.ts';
import { duration } from '../terminal/duration.ts';
import { table } from '../terminal/table.ts';
import { type AddCommand, type Context, OK, sessionArgument, type Task } from './command.ts';

const HELP = `
Shows id, name and last use of each client that is signed in to the session's
account. This spends the session's refresh token as a logout does, and stores
the new one. Blink may want a PIN first, or may not have the list: the command
says so.`;

/** An account's clients, as one of them sees them. */
interface AccountClients {
  readonly accountId: number;
  readonly ownClientId: string;
  readonly clients: readonly ListedClient[];
}

export const addClients: AddCommand = (program, start) => {
  program
    .command('clients')
    .description('list the clients of the session’s account; spends the refresh token')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .action((session: string) => start(clients(session), session));
};

function clients(session: string): Task {
  return async (context) => {
    const { terminal, target } = context;
    const { accountId, ownClientId, clients } = await terminal.progress('Asking Blink for the clients', () =>
      withAccess(context, session, (access) => accountClients(context, access)),
    );
    const document = clients.map((client) => ({ ...client, isThisSession: client.clientId === ownClientId }));
    const rows = clients.map((client) => [
      client.clientId,
      nameOf(client),
      lastUseOf(client) + (client.clientId === ownClientId ? `  (this is ${session})` : ''),
    ]);
    terminal.result({ session, accountId, clients: document }, [
      `Clients of account ${accountId}:`,
      ...table(terminal, ['client', 'name', 'last use'], rows),
      ...(clients.some(({ name }) => name === IOS.deviceModel) ? [NAME_OF_OURS] : []),
      `To log one out: ${target.commandLine('logout', session, '--client-id ID')}`,
    ]);
    return OK;
  };
}

const NAME_OF_OURS = `A session that was signed in with --password appears as “${IOS.deviceModel}”.`;

async function accountClients(
  { target: { blink, caller } }: Context,
  { accessToken, stored }: Access,
): Promise<AccountClients> {
  const account = await accountOf(blink, stored, accessToken);
  const ownClientId = stored.clientId ?? (await blink.findClientId(accessToken, account));
  const clients = await listClients(caller, accessToken, account, ownClientId);
  return { accountId: account.accountId, ownClientId, clients };
}

export interface LookedUp {
  /** The client, and what the list tells about it. */
  readonly words: string;
  /** If it is known. */
  readonly ownClientId: string | undefined;
}

/** Spends the refresh token, too. A list that cannot be had is noted. */
export async function lookUpClient(context: Context, session: string, clientId: string): Promise<LookedUp> {
  const { terminal } = context;
  const found = await terminal.progress('Asking Blink for the client', () =>
    withAccess<AccountClients | Error>(
      context,
      session,
      (access) => accountClients(context, access),
      (error) => {
        if (error instanceof Failure || error instanceof CommandError) return error;
        throw error;
      },
    ),
  );
  const words = `client ${clientId}`;
  if (found instanceof Error) {
    const { message } = await explain(found, context.target, session);
    terminal.note(`The client’s name is not known. ${message}`);
    return { words, ownClientId: undefined };
  }
  const { ownClientId, clients } = found;
  const client = clients.find((each) => each.clientId === clientId);
  if (client !== undefined)
    return { words: `${words}: ${nameOf(client)}, ${lastUseOf(client)}`, ownClientId };
  terminal.note(`The list of the account’s clients does not contain ${clientId}.`);
  return { words, ownClientId };
}

function nameOf({ name }: ListedClient): string {
  return name ?? '(without a name)';
}

function lastUseOf({ lastUse }: ListedClient): string {
  return lastUse === undefined
    ? 'last use unknown'
    : `last used ${duration(Date.now() - lastUse.getTime())} ago`;
}

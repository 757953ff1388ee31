import { accountOf } from '../../../lambda/core/log-out.ts';
import { type ListedClient, listClients } from '../client-list.ts';
import { IOS } from '../sign-in/authorization.ts';
import { type Access, type Asked, withAccess } from '../spending-run.ts';
import { duration } from '../terminal/duration.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type AddCommand, type Context, OK, sessionArgument, type Task } from './command.ts';

const HELP = `
Shows id, name and last use of each client that is signed in to the session's
account. This spends the session's refresh token as a logout does, and stores
the new one. Blink may want a PIN first, or may not have the list: the command
says so.`;

/** An account's clients, as one of them sees them. */
export interface AccountClients {
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
    const asked = await askForClients(context, session);
    if (asked.kind === 'failed') throw asked.error;
    const { accountId, ownClientId, clients } = asked.value;
    const width = Math.max(...clients.map(({ clientId }) => clientId.length));
    const nameWidth = Math.max(...clients.map((client) => nameOf(client).length));
    const document = clients.map(({ clientId, name, lastUse }) => ({
      clientId,
      ...(name !== undefined && { name }),
      ...(lastUse !== undefined && { lastUse: lastUse.toISOString() }),
      isThisSession: clientId === ownClientId,
    }));
    terminal.result({ session, accountId, clients: document }, [
      `Clients of account ${accountId}:`,
      ...clients.map((client) =>
        [
          `  ${client.clientId.padEnd(width)}`,
          nameOf(client).padEnd(nameWidth),
          lastUseOf(client) + (client.clientId === ownClientId ? `  (this is ${session})` : ''),
        ].join('  '),
      ),
      ...(clients.some(({ name }) => name === IOS.deviceModel) ? [NAME_OF_OURS] : []),
      `To log one out: ${target.commandLine('logout', session, '--client-id ID')}`,
    ]);
    return OK;
  };
}

const NAME_OF_OURS = `A session that was signed in with --password appears as “${IOS.deviceModel}”.`;

/** Spends the refresh token. */
export function askForClients(context: Context, session: string): Promise<Asked<AccountClients>> {
  return context.terminal.progress('Asking Blink for the clients', () =>
    withAccess(context, session, (access) => accountClients(context, access)),
  );
}

async function accountClients(
  { target: { blink, caller } }: Context,
  { accessToken, stored }: Access,
): Promise<AccountClients> {
  const account = await accountOf(blink, stored, accessToken);
  const ownClientId = stored.clientId ?? (await blink.findClientId(accessToken, account));
  const clients = await listClients(caller, accessToken, account, ownClientId);
  return { accountId: account.accountId, ownClientId, clients };
}

/** The client with what the list tells about it. Notes what is missing. */
export function clientWords(terminal: Terminal, asked: Asked<AccountClients>, clientId: string): string {
  if (asked.kind === 'failed') {
    terminal.note(`The client’s name is not known. ${asked.error.message}`);
    return `client ${clientId}`;
  }
  const client = asked.value.clients.find((each) => each.clientId === clientId);
  if (client !== undefined) return `client ${clientId}: ${nameOf(client)}, ${lastUseOf(client)}`;
  terminal.note(`The list of the account’s clients does not contain ${clientId}.`);
  return `client ${clientId}`;
}

function nameOf({ name }: ListedClient): string {
  return name ?? '(without a name)';
}

function lastUseOf({ lastUse }: ListedClient): string {
  return lastUse === undefined
    ? 'last use unknown'
    : `last used ${duration(Math.max(0, Date.now() - lastUse.getTime()))} ago`;
}

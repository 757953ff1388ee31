import * as v from 'valibot';
import { NUMERIC_ID_RULE, numericIdSchema } from '../../../lambda/core/blink/numeric-id.ts';
import { type LogoutRequest, logOut } from '../../../lambda/core/log-out.ts';
import type { LogoutOutcome } from '../../../lambda/core/outcome.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { placeOf } from '../session-secrets.ts';
import { spendingRun } from '../spending-run.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { lookUpClient } from './clients.ts';
import { type AddCommand, type Context, OK, sessionArgument, type Task } from './command.ts';
import { ALL_HELP, addAllOptions, taskForAll } from './logout-all.ts';

const HELP = `
Does what the function does: refreshes the token, stores the new one, and ends
the session at Blink.

With --client-id, at a terminal, it looks the client up in the account's list,
names it, and asks. The look-up spends the refresh token once more. With --yes,
or without a terminal, it logs the client out without a question.
${ALL_HELP}`;

interface LogoutOptions {
  readonly clientId?: string;
  readonly yes?: boolean;
}

export const addLogout: AddCommand = (program, start) => {
  const command = program
    .command('logout')
    .description('log the session out now')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .option(
      '--client-id <id>',
      'log out another client of the account, with this session’s tokens',
      parseClientId,
    )
    .option('--yes', 'with --client-id: do not ask');
  addAllOptions(command).action((session: string, options: LogoutOptions) => {
    const forAll = taskForAll(command);
    if (forAll !== undefined) start(forAll);
    else start(logout(session, options), session);
  });
};

function logout(session: string, { clientId, yes = false }: LogoutOptions): Task {
  return async (context) => {
    const { terminal, target, questions } = context;
    terminal.note(`Session ${session} in ${await placeOf(target, session)}.`);
    if (clientId !== undefined && !yes && !questions.fromScript)
      await confirmClient(context, session, clientId, yes);
    const request = { session, ...(clientId !== undefined && { clientId }) };
    const outcome = await logOutNow(context, request);
    terminal.result(outcome, [wordsOf(outcome, session, clientId, terminal)]);
    return OK;
  };
}

function wordsOf(
  outcome: LogoutOutcome,
  session: string,
  clientId: string | undefined,
  terminal: Terminal,
): string {
  switch (outcome.outcome) {
    case 'logged_out':
      return `${terminal.style('green', 'Logged out')}: client ${outcome.clientId} of account ${outcome.accountId}.`;
    case 'already_logged_out':
      // At a terminal, the look-up of the client has spent the refresh token.
      return clientId === undefined
        ? `${session} is already logged out. Nothing was spent.`
        : `Client ${clientId} is already logged out.`;
    case 'nothing_to_log_out':
      return clientId === undefined
        ? `Nothing to log out: ${session} was signed out at Blink before. Sign in again first.`
        : `Nothing to log out: Blink lists no client ${clientId} on this account. It was removed, or the id is wrong.`;
  }
}

/** The function's run, in this process. */
export function logOutNow(context: Context, request: LogoutRequest): Promise<LogoutOutcome> {
  const { vault, blink } = context.target;
  return context.terminal.progress('Logging out', () =>
    spendingRun(context, request.session, (runEnds) => logOut({ vault, blink, runEnds }, request)),
  );
}

/**
 * Names the client, and asks unless `yes`. A list that cannot be had does not prevent the logout.
 * @returns the session's own client, if it is known
 */
export async function confirmClient(
  context: Context,
  session: string,
  clientId: string,
  yes: boolean,
): Promise<string | undefined> {
  const { terminal, questions, interruption } = context;
  const { words, ownClientId } = await lookUpClient(context, session, clientId);
  interruption.stopIfCame('Interrupted. Nothing was logged out.');
  if (ownClientId === clientId) terminal.note(`${clientId} is the client of ${session} itself.`);
  const nothing = 'Nothing was logged out.';
  if (!yes && !(await questions.confirm(`Log out ${words}?`, nothing)))
    throw new CommandError('not_confirmed', nothing);
  return ownClientId;
}

export function parseClientId(text: string): string {
  const parsed = v.safeParse(numericIdSchema, text);
  if (parsed.success) return parsed.output;
  throw new UsageError(`--client-id ${NUMERIC_ID_RULE}.`);
}

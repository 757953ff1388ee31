import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { NUMERIC_ID_RULE, numericIdSchema } from '../../../lambda/blink/numeric-id.ts';
import { type LogoutRequest, logOut } from '../../../lambda/log-out.ts';
import type { Outcome } from '../../../lambda/outcome.ts';
import { boundedRun } from '../bounded-run.ts';
import { UsageError } from '../errors/command-error.ts';
import { requireMove } from '../permissions.ts';
import { type AddCommand, type Context, OK, sessionArgument, type Task } from './command.ts';

const HELP = `
Does what the function does: refreshes the token, stores the new one, and ends the session at Blink.`;

export const addLogout: AddCommand = (program, start) => {
  program
    .command('logout')
    .description('log the session out now')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .option(
      '--client-id <id>',
      'log out another client of the account, with this session’s tokens',
      parseClientId,
    )
    .action((session: string, options: { clientId?: string }) =>
      start(
        logout({ session, ...(options.clientId !== undefined && { clientId: options.clientId }) }),
        session,
      ),
    );
};

function logout(request: LogoutRequest): Task {
  return async (context) => {
    const { terminal } = context;
    const outcome = await logOutNow(context, request);
    switch (outcome.outcome) {
      case 'logged_out':
        terminal.result(outcome, [
          `${terminal.style('green', 'Logged out')}: client ${outcome.clientId} of account ${outcome.accountId}.`,
          ...(outcome.signInNeeded
            ? [`Blink’s new refresh token was unusable: ${request.session} needs a new sign-in.`]
            : []),
        ]);
        return OK;
      case 'already_logged_out':
        terminal.result(outcome, [`${request.session} is already logged out. Nothing was spent.`]);
        return OK;
      case 'ready':
      case 'token_may_be_lost':
        throw new Error('a logout has no outcome of a check');
    }
  };
}

/** The function's run, in this process. */
export function logOutNow(context: Context, request: LogoutRequest): Promise<Outcome> {
  const { vault, blink, store } = context.target;
  return context.terminal.progress('Logging out', async () => {
    const { session } = request;
    // The claim proves that versions can be written, but not that AWSCURRENT can be moved.
    await requireMove(store, session, (await store.readCurrent(session)).versionId);
    return boundedRun(context, (runEnds) =>
      logOut(
        { vault, blink, runEnds, answerDue: runEnds, claimant: { runId: randomUUID(), sparesVersions: 0 } },
        request,
      ),
    );
  });
}

function parseClientId(text: string): string {
  const parsed = v.safeParse(numericIdSchema, text);
  if (parsed.success) return parsed.output;
  throw new UsageError(`--client-id ${NUMERIC_ID_RULE}.`);
}

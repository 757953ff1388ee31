import { randomUUID } from 'node:crypto';
import { logOut } from '../../../lambda/log-out.ts';
import { boundedRun } from '../bounded-run.ts';
import { type Context, type ExitCode, OK } from '../context.ts';

export interface LogoutOptions {
  readonly session: string;
  /** Another client of the account. */
  readonly clientId?: string;
}

/** The function's use case, from here. */
export async function logout({ terminal, target }: Context, options: LogoutOptions): Promise<ExitCode> {
  const { vault, blink } = target;
  const outcome = await terminal.progress('Logging out', () =>
    boundedRun(terminal, (runEnds) =>
      logOut({ vault, blink, runEnds, answerDue: runEnds, runId: randomUUID() }, options),
    ),
  );
  switch (outcome.outcome) {
    case 'logged_out':
      terminal.result(outcome, [
        `${terminal.style('green', 'Logged out')}: client ${outcome.clientId} of account ${outcome.accountId}.`,
      ]);
      return OK;
    case 'already_logged_out':
      terminal.result(outcome, [`${options.session} is logged out already; nothing was spent.`]);
      return OK;
    case 'ready':
      throw new Error('a logout cannot come to this');
  }
}

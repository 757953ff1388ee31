import { coolDownAfter } from '../../../lambda/core/blink/blink-failure.ts';
import { isLoggedOut } from '../../../lambda/core/condition.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import type { LogoutOutcome } from '../../../lambda/core/outcome.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { CommandError, Interrupted } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { placeOf } from '../session-secrets.ts';
import { withAccess } from '../spending-run.ts';
import { askForClients, clientWords } from './clients.ts';
import { type AddCommand, type Context, FAILED, OK, sessionArgument, type Task } from './command.ts';
import { logOutNow, parseClientId } from './logout.ts';

const HELP = `
Finds out whether a session's refresh token survives its logout, so that a
schedule works every night and not once for each sign-in; and, with --client-id,
whether one client can log out another.

It ends the session at Blink, and that of the named client: they must sign in
again, second factor included. Use a session that nothing else needs. Each step
asks first; without a terminal, the trial needs --yes.

The report contains no secret, id or name, so that you can paste it into an
issue, with what --verbose prints. The exit code is 0 if the trial has found out
whether the refresh token survives.`;

const STEPS = {
  refresh: 'Refresh',
  log_out_other_client: 'Logout of another client',
  log_out: 'Logout of this session',
  refresh_after_logout: 'Refresh after the logout',
} as const;

/** A run of its own: it claims the session, stores the new refresh token, and releases the claim. */
type NotLoggedOut = Exclude<LogoutOutcome['outcome'], 'logged_out'>;

interface Step {
  readonly step: keyof typeof STEPS;
  readonly question: string;
  readonly run: () => Promise<'done' | NotLoggedOut>;
}

type StepResult = Pick<Step, 'step'> &
  (
    | { readonly result: 'done' | NotLoggedOut | 'not_done' }
    | { readonly result: 'failed'; readonly error: Failure | CommandError }
  );

type Finding = 'yes' | 'no' | 'unknown';

interface TrialOptions {
  readonly clientId?: string;
  readonly yes?: boolean;
}

export const addTrial: AddCommand = (program, start) => {
  program
    .command('trial')
    .description('find out what a logout does on your account; ends the session')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .option('--client-id <id>', 'log out this other client of the account, too', parseClientId)
    .option('--yes', 'do not ask')
    .action((session: string, options: TrialOptions) => start(trial(session, options), session));
};

function trial(session: string, { clientId, yes = false }: TrialOptions): Task {
  return async (context) => {
    const { terminal, target, questions, interruption } = context;
    if (!yes && questions.fromScript) {
      throw new CommandError('not_confirmed', 'Without a terminal, trial runs only with --yes.');
    }
    const reading = await terminal.progress('Reading the session', () => target.vault.read(session));
    const { stored } = reading;
    if (clientId !== undefined && clientId === stored.clientId) throw notAnotherClient(session);
    if (isLoggedOut(reading)) {
      terminal.note(`${session} was logged out before. If Blink refuses its token now, sign in again first.`);
    }
    const steps = stepsOf(context, session, clientId, stored.clientId);
    const other = clientId === undefined ? '' : `, and client ${clientId}`;
    const where = await placeOf(target, session);
    terminal.note(`This trial logs out ${session}${other}, in ${where}. Its steps:`);
    terminal.note(steps.map(({ step }, index) => `  ${index + 1}. ${STEPS[step]}`).join('\n'));

    const done: StepResult[] = [];
    try {
      for (const step of steps) {
        if (interruption.exitCode !== undefined) break;
        if (!yes && !(await questions.confirm(step.question))) break;
        const result = await resultOf(step);
        done.push(result);
        if (result.result === 'failed' && !(await mayGoOn(context, session, result))) break;
      }
    } catch (error) {
      if (!(error instanceof Interrupted) || done.length === 0) throw error;
      terminal.note(reportLines(context, [...done, ...notDone(steps, done)]).join('\n'));
      throw new Interrupted('Interrupted. The newest refresh token is stored.', error.exitCode);
    }
    if (done.length === 0) throw new CommandError('not_confirmed', 'Nothing was changed.');
    const all = [...done, ...notDone(steps, done)];
    const document = {
      version: packageJson.version,
      place: target.place.kind,
      steps: all.map(documentOf),
      refreshTokenSurvivesLogout: survival(all),
      ...(clientId !== undefined && { logsOutOtherClients: logoutOfOther(all) }),
    };
    terminal.result(document, reportLines(context, all));
    return survival(all) === 'unknown' ? FAILED : OK;
  };
}

function stepsOf(
  context: Context,
  session: string,
  clientId: string | undefined,
  storedClientId: string | undefined,
): readonly Step[] {
  const { terminal } = context;
  const refresh = async () => {
    const asked = await terminal.progress('Refreshing', () => withAccess(context, session, async () => {}));
    if (asked.kind === 'failed') throw asked.error;
    return 'done' as const;
  };
  const logOut = async (request: { readonly session: string; readonly clientId?: string }) => {
    const { outcome } = await logOutNow(context, request);
    return outcome === 'logged_out' ? 'done' : outcome;
  };
  let own = storedClientId;
  const lookUp = async (other: string) => {
    const asked = await askForClients(context, session);
    if (asked.kind === 'answered') own = asked.value.ownClientId;
    terminal.note(`To be logged out: ${clientWords(terminal, asked, other)}.`);
    return 'done' as const;
  };
  const logOutOther = (other: string) => {
    if (own === undefined || own === other) throw notAnotherClient(session);
    return logOut({ session, clientId: other });
  };
  const question = `Spend the refresh token of ${session}, and store the new one?`;
  return [
    ...(clientId === undefined
      ? [{ step: 'refresh', question, run: refresh } as const]
      : [
          { step: 'refresh', question, run: () => lookUp(clientId) } as const,
          {
            step: 'log_out_other_client',
            question: `Log out client ${clientId}? It must sign in again.`,
            run: async () => logOutOther(clientId),
          } as const,
        ]),
    {
      step: 'log_out',
      question: `Log out ${session}? Its client may have to sign in again.`,
      run: () => logOut({ session }),
    },
    {
      step: 'refresh_after_logout',
      question: 'Refresh again, to find out whether the refresh token survives?',
      run: refresh,
    },
  ];
}

function notAnotherClient(session: string): CommandError {
  return new CommandError(
    'not_another_client',
    `The client of --client-id is the client of ${session}, or Blink does not tell which one that is.`,
    ['Name a client that is not marked in the output of clients.'],
  );
}

async function resultOf({ step, run }: Step): Promise<StepResult> {
  try {
    return { step, result: await run() };
  } catch (error) {
    if (error instanceof Failure || error instanceof CommandError) return { step, result: 'failed', error };
    throw error;
  }
}

function notDone(steps: readonly Step[], done: readonly StepResult[]): readonly StepResult[] {
  return steps.slice(done.length).map(({ step }) => ({ step, result: 'not_done' }));
}

/** If Blink only rejects the logout of the other client, the trial is not over. */
async function mayGoOn(
  { terminal, target }: Context,
  session: string,
  { step, error }: Extract<StepResult, { result: 'failed' }>,
): Promise<boolean> {
  // This is what the trial is made to find out, so it is no problem.
  if (step === 'refresh_after_logout' && error.code === 'reauthentication_required') {
    terminal.note(
      `${session} needs a new sign-in, on Blink’s page or with --password: ${target.commandLine('sign-in', session)}`,
    );
    return false;
  }
  const goesOn =
    step === 'log_out_other_client' && (error instanceof CommandError || coolDownAfter(error) === 'request');
  const explained = await explain(error, target, session);
  if (goesOn) terminal.note(`${explained.message} The trial goes on.`);
  else if (!terminal.json) terminal.problem(explained);
  return goesOn;
}

function detailsOf(error: Failure | CommandError): Partial<Failure['details']> {
  return error instanceof Failure ? error.details : {};
}

function documentOf(step: StepResult): object {
  if (step.result !== 'failed') return step;
  const { reason, blinkStatus } = detailsOf(step.error);
  return { step: step.step, result: step.result, code: step.error.code, reason, blinkStatus };
}

function survival(steps: readonly StepResult[]): Finding {
  const logout = steps.find(({ step }) => step === 'log_out');
  const refresh = steps.find(({ step }) => step === 'refresh_after_logout');
  if (logout?.result !== 'done' || refresh === undefined) return 'unknown';
  if (refresh.result !== 'failed') return refresh.result === 'done' ? 'yes' : 'unknown';
  // Without a status, Blink was not asked. With another reason, the token may have been lost.
  const { reason, blinkStatus } = detailsOf(refresh.error);
  const isRefused = reason === 'refused_by_blink' || reason === 'second_factor_wanted';
  return isRefused && blinkStatus !== undefined ? 'no' : 'unknown';
}

function logoutOfOther(steps: readonly StepResult[]): Finding {
  const logout = steps.find(({ step }) => step === 'log_out_other_client');
  if (logout?.result !== 'failed') return logout?.result === 'done' ? 'yes' : 'unknown';
  // A 404 tells only that there is no such client.
  const { code } = logout.error;
  return code === 'blink_rejected' && detailsOf(logout.error).blinkStatus !== 404 ? 'no' : 'unknown';
}

const SURVIVAL: Readonly<Record<Finding, string>> = {
  yes: 'The refresh token survives a logout. A schedule can log this session out every night.',
  no: 'The refresh token does not survive a logout. A schedule works once for each sign-in.',
  unknown: 'It is still unknown whether the refresh token survives a logout.',
};

const OTHER_CLIENTS: Readonly<Record<Finding, string>> = {
  yes: 'One client can log out another. A lost phone can be logged out by its client’s id.',
  no: 'One client cannot log out another: Blink rejects it.',
  unknown: 'It is still unknown whether one client can log out another.',
};

function reportLines({ target }: Context, steps: readonly StepResult[]): readonly string[] {
  const isLocal = target.place.kind === 'local';
  const triedOther = steps.some(({ step }) => step === 'log_out_other_client');
  return [
    `Trial of blink-logout ${packageJson.version}, ${isLocal ? 'with the stand-ins of the local run' : 'with Blink'}`,
    ...steps.map((step, index) => `${index + 1}. ${STEPS[step.step]}: ${resultWords(step)}`),
    isLocal ? 'What follows for the stand-ins, which assume what Blink may do:' : 'What follows:',
    `- ${SURVIVAL[survival(steps)]}`,
    ...(triedOther ? [`- ${OTHER_CLIENTS[logoutOfOther(steps)]}`] : []),
  ];
}

function resultWords(step: StepResult): string {
  switch (step.result) {
    case 'done':
      return 'done';
    case 'already_logged_out':
      return 'already logged out within the last minutes, so it was not done';
    case 'nothing_to_log_out':
      return 'not done: the client is not signed in';
    case 'not_done':
      return 'not done';
    case 'failed':
      return `failed: ${[step.error.code, detailsOf(step.error).reason].filter(Boolean).join(', ')}`;
  }
}

import { coolDownAfter } from '../../../lambda/core/blink/blink-failure.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import { CommandError, Interrupted } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import type { RecordedCall } from '../trial/recorded-exchange.ts';
import { STEPS, type StepResult, type TrialStep, trialLines, trialReport } from '../trial/trial-report.ts';
import { notAnotherClient, type PlannedStep, type Trial, trialSteps } from '../trial/trial-steps.ts';
import { type AddCommand, type Context, FAILED, OK, sessionArgument, type Task } from './command.ts';
import { parseClientId } from './logout.ts';

const HELP = `
Finds out two things about your account: whether a session's refresh token
survives its logout, so that a schedule works every night and not once for each
sign-in; and, with --client-id, whether one client can log out another.

It ends the session at Blink, and that of the named client: they must sign in
again, second factor included. Use a session that nothing else needs. The steps
are a refresh, the logout of the named client, the logout of the session, and a
refresh after it. Each step asks first; without a terminal, the trial needs
--yes. Each step refreshes the token and stores the new one before it goes on.

The report contains no secret, id or name, so that you can paste it into an
issue. The exit code is 0 if the trial has found out whether the refresh token
survives.`;

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
    .action((session: string, { yes, ...rest }: TrialOptions) =>
      start(tryOut({ session, ...rest }, yes ?? false), session),
    );
};

function tryOut(trial: Trial, yes: boolean): Task {
  return async (context) => {
    const { session, clientId } = trial;
    const { terminal, target, questions } = context;
    if (!yes && questions.fromScript) {
      throw new CommandError('not_confirmed', 'Without a terminal, trial runs only with --yes.', [
        'It ends sessions at Blink: see trial --help.',
      ]);
    }
    const { stored, state } = await terminal.progress('Reading the session', () =>
      target.vault.read(session),
    );
    if (clientId !== undefined && clientId === stored.clientId) throw notAnotherClient(session);

    if (state.loggedOut !== 'never') {
      terminal.note(
        `${session} was logged out before. If Blink refuses its refresh token now, sign in again and repeat the trial.`,
      );
    }

    const calls: RecordedCall[] = [];
    const plan = trialSteps(context, trial, stored.clientId, calls);
    const other = clientId === undefined ? '' : `, and client ${clientId}`;
    terminal.note(`This trial logs out ${session}${other}. Its steps:`);
    terminal.note(plan.map(({ step }, index) => `  ${index + 1}. ${STEPS[step]}`).join('\n'));

    const done: TrialStep[] = [];
    const report = () => trialReport(target.place.kind, [...done, ...plan.slice(done.length).map(notDone)]);
    try {
      for (const planned of plan) {
        if (context.interruption.exitCode !== undefined) break;
        if (!yes && !(await questions.confirm(planned.question()))) break;
        const startedAtMs = performance.now();
        const { result, error } = await resultOf(planned);
        const ms = Math.round(performance.now() - startedAtMs);
        done.push({ step: planned.step, ...result, ms, calls: calls.splice(0) });
        if (error === undefined) continue;
        const goesOn = mayGoOn(planned, error);
        await tell(context, trial, planned, error, goesOn);
        if (!goesOn) break;
      }
    } catch (error) {
      if (!(error instanceof Interrupted) || done.length === 0) throw error;
      terminal.note(trialLines(report()).join('\n'));
      throw new Interrupted('Interrupted. The newest refresh token is stored.', error.exitCode);
    }
    if (done.length === 0) throw new CommandError('not_confirmed', 'Nothing was changed.');
    terminal.result(report(), trialLines(report()));
    return report().refreshTokenSurvivesLogout === 'unknown' ? FAILED : OK;
  };
}

interface Ended {
  readonly result: StepResult;
  readonly error?: Failure | CommandError;
}

async function resultOf({ run }: PlannedStep): Promise<Ended> {
  try {
    return { result: { result: await run() } };
  } catch (error) {
    if (!(error instanceof Failure || error instanceof CommandError)) throw error;
    const { reason, blinkStatus } = error instanceof Failure ? error.details : {};
    const result = {
      result: 'failed',
      code: error.code,
      ...(reason !== undefined && { reason }),
      ...(blinkStatus !== undefined && { blinkStatus }),
    } as const;
    return { result, error };
  }
}

function notDone({ step }: PlannedStep): TrialStep {
  return { step, result: 'not_done', ms: 0, calls: [] };
}

async function tell(
  { terminal, target }: Context,
  { session }: Trial,
  { step }: PlannedStep,
  error: Failure | CommandError,
  goesOn: boolean,
): Promise<void> {
  // The trial is made to find these two out, so they are no problems.
  if (step === 'refresh_after_logout' && error.code === 'reauthentication_required') {
    terminal.note(`${session} needs a new sign-in: ${target.commandLine('sign-in', session)}`);
    return;
  }
  const explained = await explain(error, target, session);
  if (goesOn) terminal.note(`${explained.message} The trial goes on.`);
  else if (!terminal.json) terminal.problem(explained);
}

/** If Blink only rejects the logout of the other client, the trial is not over. */
function mayGoOn({ step }: PlannedStep, error: Failure | CommandError): boolean {
  if (step !== 'log_out_other_client') return false;
  return error instanceof CommandError || coolDownAfter(error) === 'request';
}

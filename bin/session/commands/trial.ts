import { coolDownAfter } from '../../../lambda/core/blink/blink-failure.ts';
import { isLoggedOut } from '../../../lambda/core/condition.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import type { LogoutOutcome } from '../../../lambda/core/outcome.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { CommandError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { placeOf } from '../session-secrets.ts';
import { withAccess } from '../spending-run.ts';
import { type AddCommand, type Context, FAILED, OK, sessionArgument, type Task } from './command.ts';
import { confirmClient, logOutNow, parseClientId } from './logout.ts';

const HELP = `
Finds out whether a session's refresh token survives its logout, so that a
schedule works every night and not once for each sign-in; and, with --client-id,
whether one client can log out another.

It ends the session at Blink, and that of the named client: they must sign in
again, second factor included. Use a session that nothing else needs. It asks
first; without a terminal, the trial needs --yes.

The report contains no secret, id or name, so that you can paste it into an
issue, with what --verbose prints. The exit code is 0 if the trial has found out
whether the refresh token survives.`;

/** Each step that spends is a run of its own: it claims the session, stores the new refresh token, and releases the claim. */
const STEPS = {
  refresh: 'Refresh',
  log_out_other_client: 'Logout of another client',
  log_out: 'Logout of this session',
  refresh_after_logout: 'Refresh after the logout',
} as const;

type Done = 'done' | Exclude<LogoutOutcome['outcome'], 'logged_out'>;

interface Step {
  readonly step: keyof typeof STEPS;
  readonly run: () => Promise<Done>;
}

interface StepResult extends Pick<Step, 'step'> {
  readonly result: Done | 'not_done' | 'failed';
  /** Of a failure. */
  readonly code?: string;
  readonly reason?: string | undefined;
  readonly blinkStatus?: number | undefined;
}

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
    if (clientId !== undefined && clientId === reading.stored.clientId) throw notAnotherClient(session);
    if (isLoggedOut(reading)) {
      terminal.note(`${session} was logged out before. If Blink refuses its token now, sign in again first.`);
    }
    const steps = stepsOf(context, session, clientId, reading.stored.clientId, yes);
    const who = clientId === undefined ? session : `${session}, and client ${clientId}`;
    terminal.note(`This trial logs out ${who}, in ${await placeOf(target, session)}. Its steps:`);
    terminal.note(steps.map(({ step }, index) => `  ${index + 1}. ${STEPS[step]}`).join('\n'));
    if (!yes && !(await questions.confirm(`Start? To sign in again, ${who} may need a second factor.`))) {
      throw new CommandError('not_confirmed', 'Nothing was changed.');
    }

    const results: StepResult[] = [];
    for (const step of steps) {
      const { result, goesOn } = await runStep(context, session, step);
      results.push(result);
      if (!goesOn || interruption.exitCode !== undefined) break;
    }
    for (const { step } of steps.slice(results.length)) results.push({ step, result: 'not_done' });
    return report(context, results);
  };
}

function stepsOf(
  context: Context,
  session: string,
  other: string | undefined,
  storedClientId: string | undefined,
  yes: boolean,
): readonly Step[] {
  const refresh = () =>
    context.terminal.progress('Refreshing', () => withAccess(context, session, async () => 'done' as const));
  const logOut = async (request: { readonly clientId?: string }) => {
    const { outcome } = await logOutNow(context, { session, ...request });
    return outcome === 'logged_out' ? 'done' : outcome;
  };
  const own: readonly Step[] = [
    { step: 'log_out', run: () => logOut({}) },
    { step: 'refresh_after_logout', run: refresh },
  ];
  if (other === undefined) return [{ step: 'refresh', run: refresh }, ...own];

  let ownClientId = storedClientId;
  const lookUp = async () => {
    // Also if the text has the client: this is the first refresh, and it names the other client.
    const listed = await confirmClient(context, session, other, yes);
    ownClientId ??= listed;
    return 'done' as const;
  };
  const logOutOther = async () => {
    if (ownClientId === undefined || ownClientId === other) throw notAnotherClient(session);
    return logOut({ clientId: other });
  };
  return [{ step: 'refresh', run: lookUp }, { step: 'log_out_other_client', run: logOutOther }, ...own];
}

function notAnotherClient(session: string): CommandError {
  return new CommandError(
    'not_another_client',
    `The client of --client-id is the client of ${session}, or Blink does not tell which one that is.`,
    ['Name a client that is not marked in the output of clients.'],
  );
}

/** The codes with which a person ends the trial at a question. */
const ENDS_TRIAL: readonly string[] = ['interrupted', 'not_confirmed'];

/** Only without the logout of the other client is there still something to find out. */
async function runStep(
  { terminal, target }: Context,
  session: string,
  { step, run }: Step,
): Promise<{ readonly result: StepResult; readonly goesOn: boolean }> {
  const isOther = step === 'log_out_other_client';
  try {
    const result = await run();
    return { result: { step, result }, goesOn: result === 'done' || isOther };
  } catch (error) {
    const isExpected = error instanceof Failure || error instanceof CommandError;
    if (!isExpected || ENDS_TRIAL.includes(error.code)) throw error;
    const { reason, blinkStatus }: Failure['details'] = error instanceof Failure ? error.details : {};
    const result = { step, result: 'failed', code: error.code, reason, blinkStatus } as const;
    const goesOn = isOther && (error instanceof CommandError || coolDownAfter(error) === 'request');
    const { message, advice } = await explain(error, target, session);
    // What the trial is made to find out is no problem.
    terminal.note([message, ...(goesOn ? ['The trial goes on.'] : advice)].join('\n  '));
    return { result, goesOn };
  }
}

/** What a trial finds out: by which step, which failure of it means no, and the words for each answer. */
const FINDINGS = {
  refreshTokenSurvivesLogout: {
    step: 'refresh_after_logout',
    // With another reason, the token may have been lost.
    isNo: ({ reason }: StepResult) => reason === 'refused_by_blink' || reason === 'second_factor_wanted',
    yes: 'The refresh token survives a logout. A schedule can log this session out every night.',
    no: 'The refresh token does not survive a logout. A schedule works once for each sign-in.',
    unknown: 'It is still unknown whether the refresh token survives a logout.',
  },
  logsOutOtherClients: {
    step: 'log_out_other_client',
    // A 404 tells only that there is no such client.
    isNo: ({ code, blinkStatus }: StepResult) => code === 'blink_rejected' && blinkStatus !== 404,
    yes: 'One client can log out another. A lost phone can be logged out by its client’s id.',
    no: 'One client cannot log out another: Blink rejects it.',
    unknown: 'It is still unknown whether one client can log out another.',
  },
} as const;

function wordsOf({ result, code, reason }: StepResult): string {
  return code === undefined ? result.replaceAll('_', ' ') : `failed: ${code}${reason ? `, ${reason}` : ''}`;
}

function report({ terminal, target }: Context, steps: readonly StepResult[]): typeof OK | typeof FAILED {
  const { version } = packageJson;
  const isLocal = target.local !== undefined;
  const findings = Object.entries(FINDINGS).flatMap(([name, finding]) => {
    const step = steps.find((each) => each.step === finding.step);
    if (step === undefined) return [];
    const answer = step.result === 'done' ? 'yes' : finding.isNo(step) ? 'no' : 'unknown';
    return [{ name, answer, words: finding[answer] }];
  });
  const answers = Object.fromEntries(findings.map(({ name, answer }) => [name, answer]));
  terminal.result({ version, place: isLocal ? 'local' : 'aws', steps, ...answers }, [
    `Trial of blink-logout ${version}, ${isLocal ? 'with the stand-ins of the local run' : 'with Blink'}`,
    ...steps.map((step, index) => `${index + 1}. ${STEPS[step.step]}: ${wordsOf(step)}`),
    isLocal ? 'What follows for the stand-ins, which assume what Blink may do:' : 'What follows:',
    ...findings.map(({ words }) => `- ${words}`),
  ]);
  return answers['refreshTokenSurvivesLogout'] === 'unknown' ? FAILED : OK;
}

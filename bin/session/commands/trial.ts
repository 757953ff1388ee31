import { coolDownAfter } from '../../../lambda/core/blink/blink-failure.ts';
import { isLoggedOut } from '../../../lambda/core/condition.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import type { LogoutOutcome } from '../../../lambda/core/outcome.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { CommandError, Interrupted } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { placeOf } from '../session-secrets.ts';
import { withAccess } from '../spending-run.ts';
import type { Target } from '../target.ts';
import { lookUpClient } from './clients.ts';
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

/** Each step that spends is a run of its own: it claims the session, stores the new refresh token, and releases the claim. */
const STEPS = {
  refresh: 'Refresh',
  log_out_other_client: 'Logout of another client',
  log_out: 'Logout of this session',
  refresh_after_logout: 'Refresh after the logout',
} as const;

interface Step {
  readonly step: keyof typeof STEPS;
  readonly question: string;
  readonly run: () => Promise<'done' | NotLoggedOut>;
}

type NotLoggedOut = Exclude<LogoutOutcome['outcome'], 'logged_out'>;

type StepResult = Pick<Step, 'step'> &
  ({ readonly result: 'done' | NotLoggedOut | 'not_done' } | ({ readonly result: 'failed' } & Fault));

interface Fault {
  readonly code: string;
  readonly reason: string | undefined;
  readonly blinkStatus: number | undefined;
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
    const steps = stepsOf(context, session, clientId, reading.stored.clientId);
    const other = clientId === undefined ? '' : `, and client ${clientId}`;
    const where = await placeOf(target, session);
    terminal.note(`This trial logs out ${session}${other}, in ${where}. Its steps:`);
    terminal.note(steps.map(({ step }, index) => `  ${index + 1}. ${STEPS[step]}`).join('\n'));

    const results: StepResult[] = [];
    try {
      for (const step of steps) {
        if (interruption.exitCode !== undefined) break;
        if (!yes && !(await questions.confirm(step.question))) break;
        const { result, goesOn } = await runStep(context, session, step);
        results.push(result);
        if (!goesOn) break;
      }
    } catch (error) {
      if (!(error instanceof Interrupted) || results.length === 0) throw error;
      interruption.exitCode = error.exitCode;
      terminal.note('Interrupted. The newest refresh token is stored.');
    }
    if (results.length === 0) throw new CommandError('not_confirmed', 'Nothing was changed.');
    for (const { step } of steps.slice(results.length)) results.push({ step, result: 'not_done' });
    const findings = findingsOf(results);
    const { document, lines } = report(target, results, findings);
    terminal.result(document, lines);
    return findings.get('refreshTokenSurvivesLogout') === 'unknown' ? FAILED : OK;
  };
}

function stepsOf(
  context: Context,
  session: string,
  other: string | undefined,
  storedClientId: string | undefined,
): readonly Step[] {
  let own = storedClientId;
  const refresh = () =>
    context.terminal.progress('Refreshing', () => withAccess(context, session, async () => 'done' as const));
  const lookUp = async (clientId: string) => {
    const { words, ownClientId } = await lookUpClient(context, session, clientId);
    own ??= ownClientId;
    context.terminal.note(`To be logged out: ${words}.`);
    return 'done' as const;
  };
  const logOut = async (request: { readonly clientId?: string } = {}) => {
    const { outcome } = await logOutNow(context, { session, ...request });
    return outcome === 'logged_out' ? 'done' : outcome;
  };
  const logOutOther = async (clientId: string) => {
    if (own === undefined || own === clientId) throw notAnotherClient(session);
    return logOut({ clientId });
  };
  const step = (name: Step['step'], question: string, run: Step['run']): Step => ({
    step: name,
    question,
    run,
  });
  const first = `Spend the refresh token of ${session}, and store the new one?`;
  return [
    ...(other === undefined
      ? [step('refresh', first, refresh)]
      : [
          step('refresh', first, () => lookUp(other)),
          step('log_out_other_client', `Log out client ${other}? It must sign in again.`, () =>
            logOutOther(other),
          ),
        ]),
    step('log_out', `Log out ${session}? Its client may have to sign in again.`, () => logOut()),
    step('refresh_after_logout', 'Refresh again, to find out whether the refresh token survives?', refresh),
  ];
}

function notAnotherClient(session: string): CommandError {
  return new CommandError(
    'not_another_client',
    `The client of --client-id is the client of ${session}, or Blink does not tell which one that is.`,
    ['Name a client that is not marked in the output of clients.'],
  );
}

/** After a failure, the trial goes on only if Blink has rejected the logout of the other client alone. */
async function runStep(
  { terminal, target }: Context,
  session: string,
  { step, run }: Step,
): Promise<{ readonly result: StepResult; readonly goesOn: boolean }> {
  try {
    return { result: { step, result: await run() }, goesOn: true };
  } catch (error) {
    if (!(error instanceof Failure || error instanceof CommandError)) throw error;
    const { reason, blinkStatus }: Failure['details'] = error instanceof Failure ? error.details : {};
    const goesOn =
      step === 'log_out_other_client' &&
      (error instanceof CommandError || coolDownAfter(error) === 'request');
    const explained = await explain(error, target, session);
    if (goesOn) terminal.note(`${explained.message} The trial goes on.`);
    // This is what the trial is made to find out, so it is no problem.
    else if (step === 'refresh_after_logout' && error.code === 'reauthentication_required') {
      const signIn = target.commandLine('sign-in', session);
      terminal.note(`${session} needs a new sign-in, on Blink’s page or with --password: ${signIn}`);
    } else if (!terminal.json) terminal.problem(explained);
    return { result: { step, result: 'failed', code: error.code, reason, blinkStatus }, goesOn };
  }
}

const FINDINGS = {
  refreshTokenSurvivesLogout: {
    yes: 'The refresh token survives a logout. A schedule can log this session out every night.',
    no: 'The refresh token does not survive a logout. A schedule works once for each sign-in.',
    unknown: 'It is still unknown whether the refresh token survives a logout.',
  },
  logsOutOtherClients: {
    yes: 'One client can log out another. A lost phone can be logged out by its client’s id.',
    no: 'One client cannot log out another: Blink rejects it.',
    unknown: 'It is still unknown whether one client can log out another.',
  },
} as const;

type Finding = 'yes' | 'no' | 'unknown';

function findingsOf(results: readonly StepResult[]): ReadonlyMap<keyof typeof FINDINGS, Finding> {
  const find = (wanted: Step['step']) => results.find(({ step }) => step === wanted);
  const after = find('log_out')?.result === 'done' ? find('refresh_after_logout') : undefined;
  const other = find('log_out_other_client');
  return new Map([
    ['refreshTokenSurvivesLogout', findingOf(after, isRefusal)],
    ...(other === undefined ? [] : ([['logsOutOtherClients', findingOf(other, isRejection)]] as const)),
  ]);
}

function findingOf(step: StepResult | undefined, isNo: (fault: Fault) => boolean): Finding {
  if (step?.result === 'done') return 'yes';
  return step?.result === 'failed' && isNo(step) ? 'no' : 'unknown';
}

/** With another reason, the token may have been lost. */
function isRefusal({ reason }: Fault): boolean {
  return reason === 'refused_by_blink' || reason === 'second_factor_wanted';
}

/** A 404 tells only that there is no such client. */
function isRejection({ code, blinkStatus }: Fault): boolean {
  return code === 'blink_rejected' && blinkStatus !== 404;
}

const RESULTS: Readonly<Record<Exclude<StepResult['result'], 'failed'>, string>> = {
  done: 'done',
  already_logged_out: 'already logged out within the last minutes, so it was not done',
  nothing_to_log_out: 'not done: the client is not signed in',
  not_done: 'not done',
};

function report(
  { local }: Target,
  steps: readonly StepResult[],
  findings: ReadonlyMap<keyof typeof FINDINGS, Finding>,
): { readonly document: object; readonly lines: readonly string[] } {
  const { version } = packageJson;
  const isLocal = local !== undefined;
  const words = (step: StepResult) =>
    step.result === 'failed'
      ? `failed: ${[step.code, step.reason].filter(Boolean).join(', ')}`
      : RESULTS[step.result];
  return {
    document: { version, place: isLocal ? 'local' : 'aws', steps, ...Object.fromEntries(findings) },
    lines: [
      `Trial of blink-logout ${version}, ${isLocal ? 'with the stand-ins of the local run' : 'with Blink'}`,
      ...steps.map((step, index) => `${index + 1}. ${STEPS[step.step]}: ${words(step)}`),
      isLocal ? 'What follows for the stand-ins, which assume what Blink may do:' : 'What follows:',
      ...[...findings].map(([name, finding]) => `- ${FINDINGS[name][finding]}`),
    ],
  };
}

import { blinkOverHttps } from '../../../lambda/core/blink/blink-over-https.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import type { SessionVault } from '../../../lambda/core/vault/session-vault.ts';
import { askForClients, clientWords } from '../commands/clients.ts';
import type { Context } from '../commands/command.ts';
import { logOutNow } from '../commands/logout.ts';
import { CommandError } from '../errors/command-error.ts';
import { READ_AGAIN_AFTER_MS } from '../look-up-missing.ts';
import { withAccess } from '../spending-run.ts';
import { type RecordedCall, recordedExchange } from './recorded-exchange.ts';
import type { StepName } from './trial-report.ts';

/** A run of its own: it claims the session, stores the new refresh token, and releases the claim. */
export interface PlannedStep {
  readonly step: StepName;
  /** Asked before the step. It may contain what the steps before have found. */
  readonly question: () => string;
  readonly run: () => Promise<'done' | 'already_logged_out'>;
}

export interface Trial {
  readonly session: string;
  /** Another client, to be logged out too. */
  readonly clientId?: string;
}

/** The steps in their order. `calls` receives each request to Blink. */
export function trialSteps(
  context: Context,
  trial: Trial,
  ownClientId: string | undefined,
  calls: RecordedCall[],
): readonly PlannedStep[] {
  const observed = observedContext(context, calls);
  const { session, clientId } = trial;
  const refresh = async () => {
    const asked = await withAccess(observed, session, async () => {});
    if (asked.kind === 'failed') throw asked.error;
    return 'done' as const;
  };
  const logOut = (request: Trial) => async () => {
    const { outcome } = await logOutNow(observed, request);
    return outcome === 'already_logged_out' ? outcome : 'done';
  };
  const refreshFirst: PlannedStep = {
    step: 'refresh',
    question: () => `Spend the refresh token of ${session}, and store the new one?`,
    run: () => context.terminal.progress('Refreshing', refresh),
  };
  const last: readonly PlannedStep[] = [
    {
      step: 'log_out',
      question: () => `Log out ${session}? Its client may have to sign in again.`,
      run: logOut({ session }),
    },
    {
      step: 'refresh_after_logout',
      question: () => 'Refresh again, to find out whether the refresh token survives?',
      run: () => context.terminal.progress('Refreshing', refresh),
    },
  ];
  if (clientId === undefined) return [refreshFirst, ...last];

  let own = ownClientId;
  let words = `client ${clientId}`;
  return [
    {
      ...refreshFirst,
      async run() {
        const asked = await askForClients(observed, session);
        if (asked.kind === 'answered') own = asked.value.ownClientId;
        words = clientWords(context.terminal, asked, clientId);
        return 'done';
      },
    },
    {
      step: 'log_out_other_client',
      question: () => `Log out ${words}? It must sign in again.`,
      async run() {
        if (own === undefined || own === clientId) throw notAnotherClient(session);
        return logOut(trial)();
      },
    },
    ...last,
  ];
}

export function notAnotherClient(session: string): CommandError {
  return new CommandError(
    'not_another_client',
    `The client of --client-id is the client of ${session}, or Blink does not tell which one that is.`,
    ['Name a client that is not marked in the output of clients.'],
  );
}

function observedContext(context: Context, calls: RecordedCall[]): Context {
  const { target } = context;
  const caller = {
    ...target.caller,
    exchange: recordedExchange(target.caller.exchange, (call) => calls.push(call)),
  };
  return {
    ...context,
    target: { ...target, caller, blink: blinkOverHttps(caller), vault: patientVault(target.vault) },
  };
}

/** Right after a run has released its claim, a read may still show the claim: Secrets Manager is eventually consistent. */
function patientVault(vault: SessionVault): SessionVault {
  return {
    ...vault,
    async read(session) {
      let reading = await vault.read(session);
      for (const waitMs of READ_AGAIN_AFTER_MS) {
        if (reading.state.availability.kind !== 'busy') break;
        await realTiming.wait(waitMs);
        reading = await vault.read(session);
      }
      return reading;
    },
  };
}

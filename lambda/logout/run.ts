import type { Blink } from '../core/blink/blink.ts';
import { conditionOf } from '../core/condition.ts';
import { Failure } from '../core/failure.ts';
import type { FleetFailure } from '../core/fleet-call.ts';
import { logOut } from '../core/log-out.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Deadline, Timing } from '../core/time.ts';
import type { SecretStore } from '../core/vault/secret-store.ts';
import { sessionVault } from '../core/vault/session-vault.ts';
import type { Command } from './command.ts';
import { observedBlink, observedVault } from './observed.ts';
import { failureValue, type HttpReply, httpProblem, httpReply, type Reply, thrown } from './reply.ts';
import { RunReport } from './report.ts';
import { type MetricsTarget, runEventLine } from './run-event.ts';
import { guarded } from './run-guard.ts';
import { parseTrigger, type Trigger } from './trigger.ts';
import { authenticate, requireScope } from './webhook/credentials.ts';
import type { KeptKeys } from './webhook/kept-keys.ts';
import { commandOf } from './webhook/webhook-request.ts';

/** The objects that the function keeps between invocations. */
export interface Wiring extends MetricsTarget {
  readonly store: SecretStore;
  readonly blink: Blink;
  /** `iam`: API Gateway authenticates the callers. */
  readonly callers: KeptKeys | 'iam';
  readonly timing: Timing;
  readonly log: (line: string) => void;
}

export interface Invocation {
  readonly requestId: string;
  readonly runEnds: Deadline;
  readonly coldStart: boolean;
}

/** Handles one event: returns a reply or throws a failure, and writes one log line in either case. */
export async function run(
  wiring: Wiring,
  event: unknown,
  invocation: Invocation,
): Promise<Reply | HttpReply | FleetFailure> {
  const { requestId, coldStart, runEnds } = invocation;
  const report = new RunReport();
  // An event of unknown form can only come from a direct call.
  let kind: Trigger['kind'] = 'direct';
  report.note({ requestId, coldStart, trigger: kind });
  try {
    const trigger = parseTrigger(event);
    kind = trigger.kind;
    report.note({ trigger: kind });
    const outcome = await guarded(wiring.timing, runEnds, async () => {
      const command = await commandFrom(wiring, trigger, report);
      return carryOut(wiring, command, runEnds, report);
    });
    const reply = { ...outcome, durationsMs: report.durationsMs, requestId };
    return kind === 'webhook' ? httpReply(reply) : reply;
  } catch (error) {
    const failure = error instanceof Failure ? error : unexpected(error);
    report.failed(failure);
    if (kind === 'webhook') return httpProblem(failure, requestId);
    // Lambda would retry a scheduled run that throws. The log and the metrics report it.
    if (kind === 'fleet' || (kind === 'schedule' && !failure.retryable)) return failureValue(failure);
    throw thrown(failure);
  } finally {
    wiring.log(runEventLine(report.fields, report.figures, wiring));
  }
}

/** The event names what was asked for, unless the caller is a stranger. */
async function commandFrom({ callers }: Wiring, trigger: Trigger, report: RunReport): Promise<Command> {
  if (trigger.kind !== 'webhook') {
    report.note(trigger.command);
    return trigger.command;
  }
  const { request } = trigger;
  report.note({ gatewayRequestId: request.gatewayRequestId });
  const caller = await authenticate(callers, request);
  report.note({ caller: caller.name, proof: caller.proof });
  const command = commandOf(request, caller.proof);
  report.note(command);
  requireScope(caller, command);
  return command;
}

async function carryOut(
  { store, blink, timing }: Wiring,
  command: Command,
  runEnds: Deadline,
  report: RunReport,
): Promise<Outcome> {
  const vault = observedVault(
    sessionVault(store, timing, () => report.count('SaveRetries')),
    report,
  );
  const outcome =
    command.action === 'check'
      ? { ...conditionOf(await vault.read(command.session)), session: command.session }
      : await logOut({ vault, blink: observedBlink(blink, report), runEnds }, command);
  report.ended(outcome);
  return outcome;
}

function unexpected(cause: unknown): Failure {
  return new Failure('internal_error', 'internal error; the run’s event in the log shows where', {
    cause,
  });
}

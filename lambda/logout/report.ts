import { Failure } from '../core/failure.ts';
import { FAILURES } from '../core/failure-codes.ts';
import { metricName } from '../core/metric-name.ts';
import type { Outcome } from '../core/outcome.ts';
import type { RunFields } from './run-event.ts';
import { withSourcePositions } from './source-positions.ts';

/** A step that was not reached has no duration. */
type Step = 'read' | 'claim' | 'refresh' | 'save' | 'lookUp' | 'logOut' | 'mark';

type Figure =
  | 'Failed'
  | 'FailedForGood'
  | 'RefreshTokenAgeDays'
  | 'SaveRetries'
  | 'Takeovers'
  | 'VersionsInUse';

/** The duration of each step, and of the run. */
export type DurationsMs = Partial<Readonly<Record<Step, number>>> & { readonly total: number };

/** Collects the fields and figures of a run's event. */
export class RunReport {
  fields: RunFields = {};
  readonly #startedAtMs = performance.now();
  readonly #stepsMs = new Map<Step, number>();
  readonly #values = new Map<string, number>();

  note(fields: RunFields): void {
    this.fields = { ...this.fields, ...fields };
  }

  count(figure: Figure): void {
    this.#values.set(figure, (this.#values.get(figure) ?? 0) + 1);
  }

  gauge(figure: Figure, value: number): void {
    this.#values.set(figure, Math.round(value * 1000) / 1000);
  }

  async time<T>(step: Step, work: () => Promise<T>): Promise<T> {
    const startedAtMs = performance.now();
    try {
      return await work();
    } finally {
      this.#stepsMs.set(step, (this.#stepsMs.get(step) ?? 0) + Math.round(performance.now() - startedAtMs));
    }
  }

  /** A check is no logout: no alarm goes off because of what it finds. */
  ended(result: Outcome): void {
    if ('condition' in result) {
      this.note({ condition: result.condition });
      return;
    }
    const { outcome } = result;
    this.note({ outcome });
    this.#values.set(metricName(outcome), 1);
  }

  failed(failure: Failure): void {
    const { retryAfterSeconds: _, ...details } = failure.details;
    this.note({ ...details, ...causeOf(failure), code: failure.code, retryable: failure.retryable });
    // Lambda counts a direct check that throws as an error, and the alarm `function-errors` subtracts it.
    this.count('Failed');
    if (this.fields.action === 'check') return;
    this.#values.set(metricName(failure.code), 1);
    if (hasFailedForGood(failure, this.fields.trigger)) this.count('FailedForGood');
  }

  get durationsMs(): DurationsMs {
    return { ...Object.fromEntries(this.#stepsMs), total: Math.round(performance.now() - this.#startedAtMs) };
  }

  /** By name: `SaveFailed` for `save_failed`, `LookUpMs` for the step `lookUp`. */
  get figures(): Readonly<Record<string, number>> {
    const steps = [...this.#stepsMs].map(([step, ms]) => [`${metricName(step)}Ms`, ms] as const);
    const DurationMs = this.durationsMs.total;
    return { ...Object.fromEntries([...this.#values, ...steps]), DurationMs };
  }
}

/** Whether the alarm `failed-for-good` reports the failure. The caller of a direct run reads it in the reply, and the fleet's digest has it. */
function hasFailedForGood({ code, retryable }: Failure, trigger: RunFields['trigger']): boolean {
  if (trigger === 'direct' || trigger === 'fleet') return false;
  switch (FAILURES[code].alarm) {
    case 'own':
      return false;
    case 'every run':
      return true;
    case 'scheduled run':
      return trigger === 'schedule' && !retryable;
  }
}

/** The cause's AWS or system error code, and the stack frames of an unexpected error. */
function causeOf({ code, cause }: Failure): RunFields {
  if (cause instanceof Failure) {
    const { awsError } = cause.details;
    return { ...causeOf(cause), ...(awsError !== undefined && { awsError }) };
  }
  if (!(cause instanceof Error)) return {};
  const causeCode = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  return {
    ...(/^[A-Za-z_][\w/]{0,63}$/.test(causeCode) && { causeCode }),
    ...(code === 'internal_error' && { stackFrames: withSourcePositions(framesOf(cause)) }),
  };
}

/** Without the message, which is external text and may look like frames. */
function framesOf({ message, stack = '' }: Error): readonly string[] {
  const frames = stack.replace(message, '').split('\n');
  return frames.flatMap((line) => /^ +(at .*)$/.exec(line)?.[1] ?? []).slice(0, 8);
}

import { Failure, type FailureCode } from '../failure.ts';
import type { Outcome } from '../outcome.ts';
import { type Metrics, metricOf, type RunFields, type Step } from './run-event.ts';
import { withSourcePositions } from './source-positions.ts';

/** How long each step took, and all of them together. */
export type DurationsMs = Partial<Readonly<Record<Step, number>>> & { readonly total: number };

/** Gathers, while a run is at work, what its event will tell. */
export class RunReport {
  fields: RunFields = {};
  readonly #now: () => number;
  readonly #startedAtMs: number;
  readonly #stepsMs: Partial<Record<Step, number>> = {};
  readonly #values: Metrics = {};

  /** @param now milliseconds of a clock that never steps back */
  constructor(now: () => number) {
    this.#now = now;
    this.#startedAtMs = now();
  }

  note(fields: RunFields): void {
    this.fields = { ...this.fields, ...fields };
  }

  count(metric: keyof Metrics, value = 1): void {
    this.#values[metric] = (this.#values[metric] ?? 0) + value;
  }

  gauge(metric: keyof Metrics, value: number): void {
    this.#values[metric] = Math.round(value * 1000) / 1000;
  }

  async time<T>(step: Step, work: () => Promise<T>): Promise<T> {
    const startedAtMs = this.#now();
    try {
      return await work();
    } finally {
      this.#stepsMs[step] = (this.#stepsMs[step] ?? 0) + Math.round(this.#now() - startedAtMs);
    }
  }

  succeeded({ outcome }: Outcome): void {
    this.note({ outcome });
    this.count(metricOf(outcome));
    if (outcome !== 'ready') this.count('Succeeded');
  }

  failed(failure: Failure): void {
    const { retryAfterSeconds: _, ...details } = failure.details;
    this.note({ ...details, ...beneath(failure), code: failure.code, retryable: failure.retryable });
    this.count('Failed');
    this.count(metricOf(failure.code));
    if (hasFailedForGood(failure, this.fields.trigger)) this.count('FailedForGood');
  }

  get durationsMs(): DurationsMs {
    return { ...this.#stepsMs, total: Math.round(this.#now() - this.#startedAtMs) };
  }

  get metrics(): Metrics {
    const { total, ...steps } = this.durationsMs;
    const stepMetrics = Object.entries(steps).map(([step, ms]) => [`${metricOf(step)}Ms`, ms]);
    return { ...this.#values, DurationMs: total, ...Object.fromEntries(stepMetrics) };
  }
}

const MENDED_BY_NO_CALLER: readonly FailureCode[] = ['session_invalid', 'blink_rejected', 'internal_error'];
const TOLD_OF_BY_THEMSELVES: readonly FailureCode[] = ['save_failed', 'reauthentication_required'];

/** Whether nobody would hear of it otherwise: nothing tries again, and of a scheduled run nobody awaits the reply. */
function hasFailedForGood({ code, retryable }: Failure, trigger: RunFields['trigger']): boolean {
  if (TOLD_OF_BY_THEMSELVES.includes(code)) return false;
  return MENDED_BY_NO_CALLER.includes(code) || (trigger === 'schedule' && !retryable);
}

/** Of what lies beneath a failure: AWS's or the system's name for it, and of an unexpected error where it arose. */
function beneath({ code, cause }: Failure): RunFields {
  if (cause instanceof Failure)
    return cause.details.awsError === undefined ? {} : { awsError: cause.details.awsError };
  if (!(cause instanceof Error)) return {};
  const causeCode = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name;
  return {
    ...(/^[A-Za-z_]\w{0,63}$/.test(causeCode) && { causeCode }),
    ...(code === 'internal_error' && { stackFrames: withSourcePositions(framesOf(cause)) }),
  };
}

/** Without the message, which is foreign text and may look like frames. */
function framesOf({ message, stack = '' }: Error): readonly string[] {
  const frames = stack.replace(message, '').split('\n');
  return frames.flatMap((line) => /^ +(at .*)$/.exec(line)?.[1] ?? []).slice(0, 8);
}

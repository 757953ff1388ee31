import fc from 'fast-check';
import type { ReusePolicy } from '../models/blink-model.ts';
import type { Read } from '../models/channel.ts';

/** One run, as it is drawn. */
export interface RunPlan {
  readonly startsAtMs: number;
  /** The run is killed as it makes this call, which is processed or is not. */
  readonly dies: { readonly atCall: number; readonly processed: boolean } | null;
  readonly mishaps: readonly { readonly atCall: number; readonly mishap: 'unsent' | 'unanswered' }[];
}

/** A schedule, but for the order of calls and answers, which is the scheduler's. */
export interface Plan {
  readonly runs: readonly RunPlan[];
  readonly signInsAtMs: readonly number[];
  readonly reusePolicy: ReusePolicy;
  readonly logoutEndsTokens: boolean;
  /** How much time passes with each call and answer; over and over. */
  readonly latenciesMs: readonly number[];
  /** How old reads may be, and by which part of that each one is; over and over. */
  readonly staleWithinMs: Readonly<Record<Read, number>>;
  readonly staleParts: readonly number[];
  /** How far the clocks that date versions and answers are ahead; over and over. */
  readonly clocksAheadMs: readonly number[];
}

/** At the same time, or within the first run's life and beyond that of its claim. */
const startsAtMs = fc.oneof(fc.nat(500), fc.nat(60_000), fc.nat(200_000));

const run: fc.Arbitrary<RunPlan> = fc.record({
  startsAtMs,
  dies: fc.option(fc.record({ atCall: fc.nat(12), processed: fc.boolean() }), { freq: 2 }),
  mishaps: fc.array(
    fc.record({ atCall: fc.nat(12), mishap: fc.constantFrom('unsent' as const, 'unanswered' as const) }),
    { maxLength: 2 },
  ),
});

export const plans: fc.Arbitrary<Plan> = fc.record({
  runs: fc.array(run, { minLength: 2, maxLength: 4 }),
  signInsAtMs: fc.array(startsAtMs, { maxLength: 2 }),
  reusePolicy: fc.constantFrom<ReusePolicy[]>('refuse', 'revoke_family', 'accept_for_a_while'),
  logoutEndsTokens: fc.boolean(),
  latenciesMs: fc.array(
    fc.oneof(
      { weight: 20, arbitrary: fc.nat(100) },
      { weight: 4, arbitrary: fc.nat(2000) },
      { weight: 1, arbitrary: fc.nat(20_000) },
    ),
    { minLength: 1, maxLength: 40 },
  ),
  staleWithinMs: fc.record({
    value: fc.constantFrom(0, 300, 2000, 5000, 60_000),
    journal: fc.constantFrom(0, 300, 5000, 60_000),
    version: fc.constantFrom(0, 300, 2000, 5000),
  }),
  clocksAheadMs: fc.array(fc.constantFrom(0, 0, 1500, 3000), { minLength: 1, maxLength: 5 }),
  staleParts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
});

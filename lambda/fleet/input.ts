import * as v from 'valibot';
import { Failure } from '../core/failure.ts';
import { sessionNameSchema, sessionPatternSchema } from '../core/session-name.ts';

/** The sessions of an execution: all, those that the last execution left, or names and patterns such as `tenant-*`. */
export type Selection = 'all' | 'failed' | readonly string[];

export type FleetInput =
  | { readonly kind: 'scheduled'; readonly scheduledAt: string; readonly sessions: Selection }
  | { readonly kind: 'start'; readonly sessions: Selection }
  /** A child execution for some of the sessions. */
  | ({ readonly kind: 'shard' } & Shard);

export interface Shard {
  readonly shard: readonly string[];
  /** Whether the rest is not called once ten sessions in a row have failed at Blink's side. */
  readonly stopsIfBlinkIsDown: boolean;
}

const ACCEPTED =
  'expected {"sessions": "all"}, {"sessions": "failed"} or {"sessions": [names, and patterns such as "tenant-*"]}';

const selectionSchema = v.union([
  v.picklist(['all', 'failed']),
  v.pipe(v.array(sessionPatternSchema), v.minLength(1)),
]);

const inputSchema = v.union([
  v.pipe(
    v.strictObject({
      shard: v.pipe(v.array(sessionNameSchema), v.minLength(1)),
      stopsIfBlinkIsDown: v.boolean(),
    }),
    v.transform((shard): FleetInput => ({ kind: 'shard', ...shard })),
  ),
  v.pipe(
    // The schedule adds its time, which is the same when its event is delivered again.
    v.strictObject({ sessions: selectionSchema, scheduledAt: v.pipe(v.string(), v.isoTimestamp()) }),
    v.transform((scheduled): FleetInput => ({ kind: 'scheduled', ...scheduled })),
  ),
  v.pipe(
    v.strictObject({ sessions: selectionSchema }),
    v.transform(({ sessions }): FleetInput => ({ kind: 'start', sessions })),
  ),
]);

export function parseFleetInput(event: unknown): FleetInput {
  const input = v.safeParse(inputSchema, event);
  if (input.success) return input.output;
  throw new Failure('request_invalid', ACCEPTED);
}

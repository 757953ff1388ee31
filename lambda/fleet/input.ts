import * as v from 'valibot';
import { Failure } from '../core/failure.ts';
import { sessionNameSchema, sessionPatternSchema } from '../core/session-name.ts';

const ACCEPTED = 'expected {"sessions": "all"} or {"sessions": [names, and patterns such as "tenant-*"]}';

const selectionSchema = v.union([v.literal('all'), v.array(sessionPatternSchema)]);

/** The sessions of an execution: all, or names and patterns such as `tenant-*`. */
export type Selection = 'all' | readonly string[];

/** A child execution for some of the sessions. */
const shardSchema = v.strictObject({
  shard: v.pipe(v.array(sessionNameSchema), v.minLength(1)),
  /** Whether the rest is not called once ten sessions in a row have failed at Blink's side. */
  stopsIfBlinkIsDown: v.boolean(),
});

export type Shard = v.InferOutput<typeof shardSchema>;

const inputSchema = v.union([
  shardSchema,
  v.strictObject({
    sessions: selectionSchema,
    /** Of a schedule's event: its time, which is the same when it is delivered again. */
    scheduledAt: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  }),
]);

export type FleetInput = v.InferOutput<typeof inputSchema>;

export function parseFleetInput(event: unknown): FleetInput {
  const input = v.safeParse(inputSchema, event);
  if (input.success) return input.output;
  throw new Failure('request_invalid', ACCEPTED);
}

import * as v from 'valibot';

/** The messages between the fleet's process (fleet-host.ts) and its parent (durable-executions.ts). Payloads are JSON text. */

const endSchema = v.union([v.object({ result: v.optional(v.string()) }), v.object({ error: v.string() })]);

/** The argument with which the process lets no execution wait. */
export const SKIP_WAITS = '--skip-waits';

/** What an execution or a call came to. */
export type End = v.InferOutput<typeof endSchema>;

/** Parent to process: run an execution, or the answer to a call of one. */
export const toHostSchema = v.variant('kind', [
  v.object({ kind: v.literal('run'), execution: v.string(), payload: v.string() }),
  v.object({ kind: v.literal('answer'), call: v.string(), end: endSchema }),
]);
export type ToHost = v.InferOutput<typeof toHostSchema>;

/** Process to parent: an execution calls a function, or has ended. */
export const fromHostSchema = v.variant('kind', [
  v.object({
    kind: v.literal('call'),
    call: v.string(),
    execution: v.string(),
    functionName: v.string(),
    payload: v.string(),
  }),
  v.object({ kind: v.literal('ended'), execution: v.string(), end: endSchema }),
]);
export type FromHost = v.InferOutput<typeof fromHostSchema>;

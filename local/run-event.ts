import * as v from 'valibot';
import type { FinishedInvocation } from './lambda-process.ts';

const lineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    _aws: v.looseObject({}),
    /** The outcome, the condition that a check found, or the code of the failure. */
    message: v.string(),
    session: v.optional(v.string(), ''),
    trigger: v.optional(v.string(), 'unknown'),
    action: v.optional(v.string()),
  }),
);

/** The log line of a run, which is also its metrics. */
export type RunEvent = v.InferOutput<typeof lineSchema>;

export function runEventOf({ output }: Pick<FinishedInvocation, 'output'>): RunEvent | undefined {
  for (const text of output) {
    const parsed = v.safeParse(lineSchema, text);
    if (parsed.success) return parsed.output;
  }
  return undefined;
}

/** Durations by step, such as `refresh`, in their order. */
export function stepsOf(event: RunEvent): readonly (readonly [string, number])[] {
  return Object.entries(event).flatMap(([name, value]) => {
    const [, step = ''] = /^([A-Z]\w*)Ms$/.exec(name) ?? [];
    if (step === '' || step === 'Duration' || typeof value !== 'number') return [];
    return [[step.charAt(0).toLowerCase() + step.slice(1), value] as const];
  });
}

import * as v from 'valibot';
import type { FinishedInvocation } from './lambda-process.ts';

/** The log line of a run, which is also its metrics. */
export interface LoggedRun {
  /** The outcome, the condition that a check found, or the code of the failure. */
  readonly message: string;
  readonly session: string | undefined;
  readonly trigger: string | undefined;
  readonly action: string | undefined;
  /** Durations by step, such as `refresh`, in their order. */
  readonly stepsMs: readonly (readonly [string, number])[];
  readonly line: Readonly<Record<string, unknown>>;
}

const lineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.looseObject({
    _aws: v.looseObject({}),
    message: v.string(),
    session: v.optional(v.string()),
    trigger: v.optional(v.string()),
    action: v.optional(v.string()),
  }),
);

/** The outcome of a direct invocation, the condition that a check found, or the code of its failure. */
export function codeOf({ result }: Pick<FinishedInvocation, 'result'>): string {
  if (result.kind === 'failed') return result.error.errorType;
  const { payload } = result;
  if (typeof payload !== 'object' || payload === null) return JSON.stringify(payload);
  if ('outcome' in payload) return String(payload.outcome);
  return 'condition' in payload ? String(payload.condition) : JSON.stringify(payload);
}

export function runEventOf({ output }: Pick<FinishedInvocation, 'output'>): LoggedRun | undefined {
  for (const text of output) {
    const parsed = v.safeParse(lineSchema, text);
    if (!parsed.success) continue;
    const { message, session, trigger, action } = parsed.output;
    return { message, session, trigger, action, stepsMs: stepsOf(parsed.output), line: parsed.output };
  }
  return undefined;
}

function stepsOf(line: Readonly<Record<string, unknown>>): readonly (readonly [string, number])[] {
  return Object.entries(line).flatMap(([name, value]) => {
    const [, step = ''] = /^([A-Z]\w*)Ms$/.exec(name) ?? [];
    if (step === '' || step === 'Duration' || typeof value !== 'number') return [];
    return [[step.charAt(0).toLowerCase() + step.slice(1), value] as const];
  });
}

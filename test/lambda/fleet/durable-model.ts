import { type DurableContext, InvokeError } from '@aws/durable-execution-sdk-js';

/** The world around an execution. */
export interface Surroundings {
  /** The execution's name. */
  readonly name: string;
  /** Calls a function, and rejects if it ends without a result. */
  readonly call: (functionName: string, payload: unknown) => Promise<unknown>;
  readonly passMs: (ms: number) => void;
  /** From 0 to below 1: which of several calls ends first. */
  readonly random: () => number;
}

type Handler = (event: unknown, context: DurableContext) => Promise<unknown>;

/** What has been saved of an operation. */
type Saved = { readonly value: unknown } | { readonly error: Error };

interface Pending {
  readonly id: string;
  readonly end: () => Promise<Saved> | Saved;
}

interface Duration {
  readonly minutes?: number;
  readonly seconds?: number;
}

/**
 * An execution of a durable function, by AWS's documents (AWS Lambda Developer Guide, "Basic concepts"; the SDK's README). It
 * is what the fleet uses of it; that AWS's own runner does the same is tested.
 * - "When a function resumes, Lambda runs your code from the beginning", and operations that have ended are not run again.
 * - "Your code must be deterministic during replay": the same operation must have the same place and name.
 * - A wait or a call suspends the function once nothing else can go on. Any of the calls may end first.
 */
export async function runDurable(handler: Handler, event: unknown, surroundings: Surroundings) {
  const saved = new Map<string, Saved>();
  const names = new Map<string, string>();
  for (;;) {
    const pending: Pending[] = [];
    const context = contextOf({ saved, names, pending, surroundings }, '');
    const ended = handler(structuredClone(event), context).then((value) => ({ value: throughJson(value) }));
    const end = await Promise.race([ended, suspended()]);
    // The operations, with the one for the execution itself.
    if (end !== 'suspended') return { result: end.value, operations: 1 + saved.size };
    if (pending.length === 0) throw new Error('nothing is pending, and the execution does not go on');
    const some = pending.filter(() => surroundings.random() < 0.5);
    for (const { id, end: endOf } of some.length > 0 ? some : pending) saved.set(id, await endOf());
  }
}

/** All promises that do not wait for something else are settled in one turn of the event loop. */
function suspended(): Promise<'suspended'> {
  return new Promise((resolve) => setImmediate(resolve, 'suspended'));
}

interface Execution {
  readonly saved: Map<string, Saved>;
  /** The operations' names in the first run. */
  readonly names: Map<string, string>;
  readonly pending: Pending[];
  readonly surroundings: Surroundings;
}

function contextOf(execution: Execution, prefix: string): DurableContext {
  const { saved, names, pending, surroundings } = execution;
  let operations = 0;
  const idFor = (name: string) => {
    const id = `${prefix}${++operations}`;
    const before = names.get(id) ?? name;
    if (before !== name) throw new Error(`a replay has ${name} in place of ${before}`);
    names.set(id, name);
    return id;
  };
  const unless = async (id: string, run: () => Promise<unknown>) => {
    const before = saved.get(id);
    if (before === undefined) return run();
    if ('error' in before) throw before.error;
    return before.value;
  };
  const untilSaved = (id: string, end: Pending['end']) =>
    unless(id, () => {
      pending.push({ id, end });
      return new Promise(() => {});
    });

  const context = {
    executionContext: {
      durableExecutionArn: `arn:aws:lambda:r:a:function:f:1/durable-execution/${surroundings.name}/id`,
    },
    step(name: string | undefined, work: () => Promise<unknown>) {
      const id = idFor(`step ${name}`);
      return unless(id, async () => {
        const value = throughJson(await work());
        saved.set(id, { value });
        return value;
      });
    },
    wait(name: string, { minutes = 0, seconds = 0 }: Duration) {
      return untilSaved(idFor(`wait ${name}`), () => {
        surroundings.passMs((minutes * 60 + seconds) * 1000);
        return { value: undefined };
      });
    },
    invoke(name: string, functionName: string, payload: unknown) {
      return untilSaved(idFor(`invoke ${name}`), () =>
        surroundings.call(functionName, throughJson(payload)).then(
          (value) => ({ value: throughJson(value) }),
          () => ({ error: new InvokeError('it ended without a result') }),
        ),
      );
    },
    /** Flat: the items' contexts are no operations. */
    map(
      name: string,
      items: readonly unknown[],
      work: (item: DurableContext, value: unknown, index: number) => Promise<unknown>,
      { maxConcurrency }: { readonly maxConcurrency: number },
    ) {
      const id = idFor(`map ${name}`);
      return unless(id, async () => {
        const results: unknown[] = [];
        const rest = items.entries();
        const slot = async () => {
          for (const [index, item] of rest) {
            results[index] = await work(contextOf(execution, `${id}-${index}-`), item, index);
          }
        };
        await Promise.all(Array.from({ length: maxConcurrency }, slot));
        const value = { getResults: () => results };
        saved.set(id, { value });
        return value;
      });
    },
  };
  return context as unknown as DurableContext;
}

/** What an execution saves, passes and returns. */
function throughJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

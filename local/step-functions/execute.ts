import {
  ExecutionAbortedError,
  ExecutionError,
  StateMachine,
  type StateMachineDefinition,
} from 'aws-local-stepfunctions';
import * as v from 'valibot';

/** Runs a task with its parameters and resolves with its result. `Retry` and `Catch` match an error's `name`. */
export type Integration = (parameters: unknown) => Promise<unknown>;

export interface ExecutionOptions {
  /** By the end of the task's `Resource`, such as `lambda:invoke`. */
  readonly integrations: Readonly<Record<string, Integration>>;
  /** The duration of a `Wait` state, by its name. @default - the definition's */
  readonly waitsMs?: Readonly<Record<string, number>>;
  /** The waits of a state's retriers, by its name, in their order. @default - the definition's */
  readonly retriesMs?: Readonly<Record<string, readonly number[]>>;
  /** Aborts the execution. */
  readonly signal?: AbortSignal;
  /** Called when a map, or a child of it, starts or ends. */
  readonly onMapEvent?: (event: MapEvent) => void;
}

const mapSource = v.object({ type: v.literal('Map'), input: v.unknown() });
const mapEventSchema = v.variant('type', [
  v.object({ type: v.literal('StateEntered'), state: mapSource }),
  v.object({ type: v.literal('StateExited'), state: mapSource }),
  v.object({ type: v.literal('MapIterationStarted'), index: v.number(), input: v.unknown() }),
  v.object({ type: v.literal('MapIterationSucceeded'), index: v.number(), output: v.unknown() }),
  v.object({ type: v.literal('MapIterationFailed'), index: v.number(), Error: v.string() }),
]);

/** An event of the interpreter about a map. The index in the map identifies a child. */
export type MapEvent = v.InferOutput<typeof mapEventSchema>;

export type Execution =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED'; readonly error: string; readonly cause: string }
  | { readonly status: 'ABORTED' };

/**
 * Runs a definition in Amazon States Language on this machine, as it was synthesized. The interpreter validates it first,
 * runs a distributed map's children in this process, and tells states apart only by their names.
 */
export async function execute(
  definition: unknown,
  input: unknown,
  { integrations, waitsMs = {}, retriesMs = {}, signal, onMapEvent = () => {} }: ExecutionOptions,
): Promise<Execution> {
  if (!isDefinition(definition)) throw new Error('the state machine has no states');
  const run = machineOf(definition).run(asJson(input), {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(
        tasksOf(definition).map(({ name, resource }) => {
          const integration = integrations[resource.replace(/^arn:[\w-]+:states:::/, '')];
          if (integration === undefined) throw new Error(`${resource} of "${name}" cannot be run here`);
          return [name, async (parameters: unknown) => asJson(await integration(parameters))];
        }),
      ),
      waitTimeOverrides: { ...waitsMs },
      retryIntervalOverrides: Object.fromEntries(
        Object.entries(retriesMs).map(([name, intervals]) => [name, [...intervals]]),
      ),
    },
  });
  signal?.addEventListener('abort', run.abort, { once: true });
  try {
    const [output] = await Promise.all([run.result, pass(run.eventLogs, onMapEvent)]);
    return { status: 'SUCCEEDED', output };
  } catch (error) {
    if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' };
    if (!(error instanceof ExecutionError && error.cause instanceof Error)) throw error;
    return { status: 'FAILED', error: error.cause.name, cause: error.cause.message };
  }
}

/** A definition is validated before its first execution, which takes longer than the execution. */
const machines = new WeakMap<StateMachineDefinition, StateMachine>();

function machineOf(definition: StateMachineDefinition): StateMachine {
  const known = machines.get(definition);
  if (known !== undefined) return known;
  const machine = new StateMachine(definition, { validationOptions: { checkPaths: true, checkArn: true } });
  machines.set(definition, machine);
  return machine;
}

async function pass(events: AsyncIterable<unknown>, onMapEvent: (event: MapEvent) => void): Promise<void> {
  for await (const event of events) if (v.is(mapEventSchema, event)) onMapEvent(event);
}

const statesSchema = v.looseObject({ States: v.record(v.string(), v.looseObject({ Type: v.string() })) });
const taskSchema = v.looseObject({ Type: v.literal('Task'), Resource: v.string() });
const mapSchema = v.looseObject({ Type: v.literal('Map'), ItemProcessor: statesSchema });

function isDefinition(value: unknown): value is StateMachineDefinition {
  return v.is(statesSchema, value);
}

interface Task {
  readonly name: string;
  readonly resource: string;
}

/** Includes the tasks of maps. */
function tasksOf(definition: unknown): readonly Task[] {
  return Object.entries(v.parse(statesSchema, definition).States).flatMap(([name, state]) => {
    if (v.is(taskSchema, state)) return [{ name, resource: state.Resource }];
    return v.is(mapSchema, state) ? tasksOf(state.ItemProcessor) : [];
  });
}

type Json = Parameters<StateMachine['run']>[0];

/** States pass JSON to each other. */
function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value ?? null));
}

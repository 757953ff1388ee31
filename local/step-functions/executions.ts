import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { AwsError } from '../aws-json.ts';
import type { Execution, ExecutionOptions, MapEvent } from './execute.ts';

/** Runs the state machine to its end. */
export type Execute = (
  input: unknown,
  hooks: Required<Pick<ExecutionOptions, 'signal' | 'onMapEvent'>>,
) => Promise<Execution>;

/** One execution, of the state machine or of one item of its map. */
export interface StoredExecution {
  readonly arn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly input: string;
  readonly startedAtMs: number;
  /** Only for a child. */
  readonly mapRunArn?: string;
  /** `undefined` while it runs. */
  end: { readonly atMs: number; readonly result: Execution } | undefined;
}

export interface MapRun {
  readonly arn: string;
  readonly executionArn: string;
  readonly startedAtMs: number;
  readonly items: number;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  stoppedAtMs: number | undefined;
  readonly children: StoredExecution[];
}

interface ParentExecution extends StoredExecution {
  readonly mapRuns: MapRun[];
  readonly abort: () => void;
}

const jsonSchema = v.pipe(v.string(), v.parseJson());

/** The map's label in `lib/fleet/definition.ts`. ARNs of map runs and of children contain it (API reference of StartExecution). */
const LABEL = 'sessions';
/** The map's `ItemsPath` is `$.names`. */
const mapInputSchema = v.object({ names: v.array(v.unknown()) });

/** The executions of one state machine, in memory. */
export class Executions {
  readonly stateMachineArn: string;
  readonly #execute: Execute;
  readonly #executions = new Map<string, ParentExecution>();

  constructor(stateMachineArn: string, execute: Execute) {
    this.stateMachineArn = stateMachineArn;
    this.#execute = execute;
  }

  /**
   * "`StartExecution` is idempotent for `STANDARD` workflows. […] if you call `StartExecution` with the same name and input as
   * a running execution, the call succeeds and returns the same response as the original request. If the execution is closed or
   * if the input is different, it returns a `400 ExecutionAlreadyExists` error." (API reference of StartExecution)
   */
  start(stateMachineArn: string, name: string = randomUUID(), input: string = '{}'): StoredExecution {
    if (stateMachineArn !== this.stateMachineArn) {
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
    }
    const parsed = v.safeParse(jsonSchema, input);
    if (!parsed.success) throw new AwsError('InvalidExecutionInput', 'The input is not JSON.');
    const arn = `${this.#arn('execution')}:${name}`;
    const existing = this.#executions.get(arn);
    if (existing !== undefined) {
      if (existing.end === undefined && existing.input === input) return existing;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    const controller = new AbortController();
    const started: ParentExecution = {
      arn,
      stateMachineArn,
      name,
      input,
      startedAtMs: Date.now(),
      end: undefined,
      mapRuns: [],
      abort: () => controller.abort(),
    };
    this.#executions.set(arn, started);
    void this.#run(started, parsed.output, controller.signal);
    return started;
  }

  /** Finds an execution, or a child of one. */
  find(arn: string): StoredExecution {
    const found =
      this.#executions.get(arn) ??
      this.#allMapRuns()
        .flatMap(({ children }) => children)
        .find((child) => child.arn === arn);
    return found ?? missing(arn);
  }

  mapRuns(executionArn: string): readonly MapRun[] {
    return (this.#executions.get(executionArn) ?? missing(executionArn)).mapRuns;
  }

  mapRun(arn: string): MapRun {
    const mapRun = this.#allMapRuns().find((each) => each.arn === arn);
    if (mapRun !== undefined) return mapRun;
    throw new AwsError('ResourceNotFound', `Resource not found: '${arn}'`);
  }

  stop(arn: string): void {
    (this.#executions.get(arn) ?? missing(arn)).abort();
  }

  stopAll(): void {
    for (const { abort } of this.#executions.values()) abort();
  }

  async #run(execution: ParentExecution, input: unknown, signal: AbortSignal): Promise<void> {
    const onMapEvent = (event: MapEvent) => this.#record(execution, event);
    const result = await this.#execute(input, { signal, onMapEvent }).catch(
      (error: unknown): Execution => ({ status: 'FAILED', error: 'States.Runtime', cause: String(error) }),
    );
    const atMs = Date.now();
    for (const mapRun of execution.mapRuns) {
      if (mapRun.status === 'RUNNING') Object.assign(mapRun, { status: 'FAILED', stoppedAtMs: atMs });
      for (const child of mapRun.children) child.end ??= { atMs, result: { status: 'ABORTED' } };
    }
    execution.end = { atMs, result };
  }

  #record({ arn: executionArn, mapRuns }: ParentExecution, event: MapEvent): void {
    const atMs = Date.now();
    const mapRun = mapRuns.at(-1);
    switch (event.type) {
      case 'StateEntered': {
        const arn = `${this.#arn('mapRun')}/${LABEL}:${randomUUID()}`;
        const items = v.parse(mapInputSchema, event.state.input).names.length;
        mapRuns.push({
          arn,
          executionArn,
          startedAtMs: atMs,
          stoppedAtMs: undefined,
          items,
          status: 'RUNNING',
          children: [],
        });
        return;
      }
      case 'StateExited':
        if (mapRun !== undefined) Object.assign(mapRun, { status: 'SUCCEEDED', stoppedAtMs: atMs });
        return;
      case 'MapIterationStarted':
        if (mapRun !== undefined) mapRun.children[event.index] = this.#child(mapRun.arn, event.input, atMs);
        return;
      case 'MapIterationSucceeded':
        end(mapRun, event.index, { atMs, result: { status: 'SUCCEEDED', output: event.output } });
        return;
      case 'MapIterationFailed':
        end(mapRun, event.index, { atMs, result: { status: 'FAILED', error: event.Error, cause: '' } });
    }
  }

  #child(mapRunArn: string, input: unknown, startedAtMs: number): StoredExecution {
    const name = randomUUID();
    return {
      arn: `${this.#arn('execution')}/${LABEL}:${name}`,
      stateMachineArn: `${this.stateMachineArn}/${LABEL}`,
      name,
      input: JSON.stringify(input),
      startedAtMs,
      mapRunArn,
      end: undefined,
    };
  }

  #allMapRuns(): readonly MapRun[] {
    return [...this.#executions.values()].flatMap(({ mapRuns }) => mapRuns);
  }

  #arn(resource: 'execution' | 'mapRun'): string {
    return this.stateMachineArn.replace(':stateMachine:', `:${resource}:`);
  }
}

function end(mapRun: MapRun | undefined, index: number, ending: NonNullable<StoredExecution['end']>): void {
  const child = mapRun?.children[index];
  if (child !== undefined) child.end = ending;
}

function missing(arn: string): never {
  throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  DescribeMapRunCommand,
  paginateListExecutions,
  paginateListMapRuns,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as v from 'valibot';
import { CommandError } from '../errors/command-error.ts';
import type { Target } from '../target.ts';

export interface FailedSession {
  readonly session: string;
  /** One of our codes, or an error's name of AWS, such as `Sandbox.Timedout`. */
  readonly code: string;
}

export type ExecutionStatus =
  | { readonly status: 'RUNNING' | 'SUCCEEDED' | 'TIMED_OUT' | 'ABORTED' }
  | { readonly status: 'FAILED'; readonly error: string };

/** Counts the sessions that have ended, without those that were aborted. */
export interface Progress {
  readonly execution: ExecutionStatus;
  readonly succeeded: number;
  readonly failures: readonly FailedSession[];
  /** The execution has ended, and all of its sessions are read. */
  readonly isComplete: boolean;
}

export type FleetInput = { readonly sessions: 'all'; readonly action: 'logout' | 'check' };

const codeSchema = v.pipe(v.string(), v.regex(/^[\w.-]{1,100}$/));

const executionSchema = v.object({
  status: v.picklist(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  error: v.fallback(codeSchema, 'unknown'),
});

/** A session's execution, whose output is made by `lib/fleet/session-states.ts`: `[]`, or `["garden: session_busy"]`. */
const childSchema = v.object({
  status: v.string(),
  // Secrets with names that no session can have are listed, too.
  input: v.pipe(
    v.string(),
    v.parseJson(),
    v.object({ session: v.pipe(v.string(), v.regex(/^[\w/+=.@-]{1,512}$/)) }),
  ),
  output: v.optional(
    v.pipe(
      v.string(),
      v.parseJson(),
      v.pipe(v.array(v.string()), v.maxLength(1)),
      v.transform(([failure]) => failure?.slice(failure.lastIndexOf(' ') + 1)),
      v.optional(codeSchema),
    ),
  ),
  error: v.optional(v.fallback(codeSchema, 'unknown')),
});

const mapRunsSchema = v.array(v.object({ mapRunArn: v.string() }));
const childrenSchema = v.array(v.object({ executionArn: v.string(), status: v.string() }));
const UNFINISHED = ['RUNNING', 'ABORTED'];

const mapRunSchema = v.object({ status: v.string(), itemCounts: v.object({ total: v.number() }) });

interface MapRun {
  /** By the ARN of the child execution; `undefined` for a session without a failure. */
  readonly sessions: Map<string, FailedSession | undefined>;
  /** The map run has ended, and its sessions are read. */
  isRead: boolean;
}

/** An execution of the stack's state machine. */
export class Execution {
  readonly arn: string;
  readonly #machineArn: string;
  readonly #name: string;
  readonly #client: SFNClient;
  readonly #mapRuns = new Map<string, MapRun>();

  /** @param name makes the start idempotent: a repeated request starts no second execution (API reference of StartExecution) */
  constructor(target: Target, machineArn: string, name: string) {
    this.arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    this.#machineArn = machineArn;
    this.#name = name;
    this.#client = new SFNClient({
      ...target.clientConfig,
      ...stepFunctionsEndpoint(target),
      maxAttempts: target.place.kind === 'local' ? 2 : 8,
    });
  }

  async start(input: FleetInput): Promise<void> {
    const command = new StartExecutionCommand({
      stateMachineArn: this.#machineArn,
      name: this.#name,
      input: JSON.stringify(input),
    });
    try {
      await this.#client.send(command);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'StateMachineDoesNotExist')) throw error;
      throw new CommandError(
        'state_machine_missing',
        'The stack’s state machine was deleted.',
        ['Deploy the stack again: npm run deploy'],
        error,
      );
    }
  }

  /** The status is read first: once the execution has ended, its sessions have ended too. */
  async read(): Promise<Progress> {
    {
      const { status, error } = v.parse(executionSchema, await this.#describe(this.arn));
      for await (const page of paginateListMapRuns({ client: this.#client }, { executionArn: this.arn })) {
        for (const { mapRunArn } of v.parse(mapRunsSchema, page.mapRuns)) await this.#readMapRun(mapRunArn);
      }
      const mapRuns = [...this.#mapRuns.values()];
      const sessions = mapRuns.flatMap(({ sessions }) => [...sessions.values()]);
      const failures = sessions.filter((failure) => failure !== undefined);
      return {
        execution: status === 'FAILED' ? { status, error } : { status },
        succeeded: sessions.length - failures.length,
        failures,
        isComplete: status !== 'RUNNING' && mapRuns.every(({ isRead }) => isRead),
      };
    }
  }

  close(): void {
    this.#client.destroy();
  }

  async #readMapRun(mapRunArn: string): Promise<void> {
    const mapRun = this.#mapRuns.get(mapRunArn) ?? { sessions: new Map(), isRead: false };
    this.#mapRuns.set(mapRunArn, mapRun);
    if (mapRun.isRead) return;
    const { status, itemCounts } = v.parse(
      mapRunSchema,
      await this.#client.send(new DescribeMapRunCommand({ mapRunArn })),
    );
    const pages = paginateListExecutions({ client: this.#client, pageSize: 1000 }, { mapRunArn });
    for await (const { executions } of pages) {
      for (const child of v.parse(childrenSchema, executions)) {
        if (UNFINISHED.includes(child.status) || mapRun.sessions.has(child.executionArn)) continue;
        const described = await this.#describe(child.executionArn);
        mapRun.sessions.set(child.executionArn, failureOf(v.parse(childSchema, described)));
      }
    }
    // ListExecutions is eventually consistent (its API reference): an item may not be listed yet.
    mapRun.isRead = status === 'SUCCEEDED' ? mapRun.sessions.size >= itemCounts.total : status !== 'RUNNING';
  }

  #describe(executionArn: string): Promise<DescribeExecutionCommandOutput> {
    return this.#client.send(new DescribeExecutionCommand({ executionArn }));
  }
}

function stepFunctionsEndpoint({ place }: Target): { readonly endpoint?: string } {
  return place.kind === 'local' ? { endpoint: `http://127.0.0.1:${place.ports.stepFunctions}` } : {};
}

function failureOf({
  status,
  input,
  output,
  error,
}: v.InferOutput<typeof childSchema>): FailedSession | undefined {
  const code = status === 'SUCCEEDED' ? output : (error ?? status);
  return code === undefined ? undefined : { session: input.session, code };
}

import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { sessionNames } from '../session-secrets.ts';
import {
  Execution,
  type ExecutionStatus,
  type FleetInput,
  type Progress,
} from '../state-machine/execution.ts';
import { progressBar } from '../state-machine/progress-bar.ts';
import { stateMachineArn } from '../state-machine/state-machine-arn.ts';
import type { Target } from '../target.ts';
import { type Context, FAILED, OK } from './command.ts';

/** A read takes three requests and one for each session that has ended, of which Step Functions allows ten a second. */
const READ_EVERY_MS = { aws: 2_000, local: 100 };
/** How often the end is read again until it is complete. */
const LAST_READS = 5;

const WORDS = {
  logout: { doing: 'Logging out', done: 'are logged out' },
  check: { doing: 'Checking', done: 'can be logged out' },
} as const satisfies Record<FleetInput['action'], object>;

/** Starts an execution of the state machine over all sessions, and follows it to its end. */
export async function allSessions(
  context: Context,
  action: FleetInput['action'],
): Promise<typeof OK | typeof FAILED> {
  const { terminal, target, interruption } = context;
  const [arn, names] = await terminal.progress('Looking for the state machine and the sessions', () =>
    Promise.all([stateMachineArn(target), sessionNames(target)]),
  );
  const total = names.length;
  const execution = new Execution(target, arn, `session-command-${randomUUID()}`);
  const interrupted = {
    message: 'Interrupted. The execution continues without this command.',
    advice: adviceOn(execution.arn, target),
  };
  try {
    const progress = await interruption.explain(interrupted, async () => {
      await execution.start({ sessions: 'all', action });
      return follow(context, execution, `${WORDS[action].doing} ${total} sessions`, total);
    });
    return tell(context, { action, executionArn: execution.arn, total, progress });
  } finally {
    execution.close();
  }
}

function adviceOn(executionArn: string, target: Target): readonly string[] {
  const aws = (command: string, ...more: string[]) =>
    target.awsCommandLine('stepfunctions', command, '--execution-arn', executionArn, ...more);
  return [
    `To look at it: ${aws('describe-execution', '--query', "'[status,cause]'", '--output text')}`,
    `To stop it: ${aws('stop-execution')}`,
  ];
}

function follow(
  { terminal, target }: Context,
  execution: Execution,
  text: string,
  total: number,
): Promise<Progress> {
  return terminal.progress(text, async (show) => {
    const startedAtMs = performance.now();
    let lastReads = 0;
    for (;;) {
      const progress = await execution.read();
      show(progressBar(progress, total, performance.now() - startedAtMs));
      if (progress.execution.status !== 'RUNNING') lastReads += 1;
      if (progress.isComplete || lastReads === LAST_READS) return progress;
      await setTimeout(READ_EVERY_MS[target.place.kind]);
    }
  });
}

interface Ended {
  readonly action: FleetInput['action'];
  readonly executionArn: string;
  readonly total: number;
  readonly progress: Progress;
}

function tell({ terminal, target }: Context, ended: Ended): typeof OK | typeof FAILED {
  const { action, executionArn, progress } = ended;
  const { execution, succeeded } = progress;
  const failures = progress.failures.toSorted((a, b) => (a.session < b.session ? -1 : 1));
  const total = Math.max(ended.total, succeeded + failures.length);
  const leftOver = total - succeeded - failures.length;
  const ok = execution.status === 'SUCCEEDED' && leftOver === 0;
  const width = Math.max(0, ...failures.map(({ session }) => session.length));
  const summary = `${succeeded} of ${total} sessions ${WORDS[action].done}, ${failures.length} failed${leftOver > 0 ? `, ${leftOver} left over` : ''}.`;
  terminal.result(
    {
      action,
      executionArn,
      ...execution,
      total,
      succeeded,
      failed: failures.length,
      leftOver,
      failures,
    },
    [
      terminal.style(ok ? 'green' : 'red', summary),
      ...endingLines(execution),
      ...(leftOver > 0
        ? [`Those left over may not have been tried. To try again: ${target.commandLine(action, '--all')}`]
        : []),
      ...failures.map(({ session, code }) => `  ${session.padEnd(width)}  ${code}`),
      ...(failures.length > 0
        ? [
            'docs/runbook.md has a section for each code.',
            `To see a session: ${target.commandLine('check NAME')}`,
          ]
        : []),
    ],
  );
  return ok ? OK : FAILED;
}

function endingLines(execution: ExecutionStatus): readonly string[] {
  switch (execution.status) {
    case 'RUNNING':
    case 'SUCCEEDED':
      return [];
    case 'FAILED':
      return execution.error === 'sessions_not_logged_out'
        ? []
        : [`The execution failed: ${execution.error}.`];
    case 'TIMED_OUT':
      return ['The execution ran for its longest time and was ended.'];
    case 'ABORTED':
      return ['The execution was stopped.'];
  }
}

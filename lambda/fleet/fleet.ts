import type { DurableContext } from '@aws/durable-execution-sdk-js';
import type { FleetAnswer } from '../core/fleet-call.ts';
import { type FleetResult, leftOver } from '../core/fleet-result.ts';
import { fleetName } from '../core/stack-name.ts';
import { digest, type Message, outageNotice, type Place } from './digest.ts';
import { FLEET_ALIAS } from './environment.ts';
import type { Selection, Shard } from './input.ts';
import { listSessions, type ReadPage } from './list-sessions.ts';
import { blinkIs, logOutSession, mayPassAfterSeconds } from './log-out-session.ts';
import { SESSIONS_PER_SHARD, type ShardAnswers } from './shard.ts';

export interface FleetPorts {
  readonly place: Place;
  readonly readPage: ReadPage;
  readonly nowMs: () => number;
  /** Sends an e-mail. */
  readonly publish: (message: Message) => Promise<void>;
  readonly recordFigures: (result: FleetResult) => void;
  /** Starts an execution, unless one with this name was started before. */
  readonly start: (name: string, sessions: Selection) => Promise<void>;
  /** Of the calls of the logout function. */
  readonly maxConcurrency: number;
}

/** When the later passes begin, counted from the first. Only sessions whose failure may pass are in them. */
const NEXT_PASSES_AFTER_SECONDS = [2 * 60, 12 * 60];

/** While Blink does not answer, one session is tried after each wait, and all of them together take an hour. */
const TRIAL_AFTER_MINUTES = 10;
const TRIALS = 6;
/** Answers that say nothing about Blink, such as a malformed secret, do not end a trial. */
const SESSIONS_PER_TRIAL = 10;

/** Logs out many sessions in passes, and sends at most two e-mails: at once if Blink does not answer, and the digest. */
export async function logOutFleet(
  ports: FleetPorts,
  context: DurableContext,
  selection: Selection,
): Promise<FleetResult> {
  const startedAtMs = await context.step('start', async () => ports.nowMs());
  const { sessions, skipped, unmatched } = await listSessions(context, ports.readPage, selection);
  const passes = new Passes(ports, context);
  await passes.run(sessions);
  for (const pattern of unmatched) passes.answered(pattern, { code: 'session_unknown', retryable: false });
  const seconds = await context.step('end', async () => Math.round((ports.nowMs() - startedAtMs) / 1000));
  const result = { ...passes.result(), skipped: [...skipped], seconds };
  if (leftOver(result).length > 0) {
    const message = digest(result, ports.place, executionOf(context));
    await context.step('send the digest', () => ports.publish(message));
  }
  await context.step('record the figures', async () => ports.recordFigures(result));
  return result;
}

/** The execution's name, from `…:function:fleet:3/durable-execution/name/id`. */
function executionOf({ executionContext: { durableExecutionArn } }: DurableContext): string {
  return durableExecutionArn.split('/')[2] ?? durableExecutionArn;
}

interface Answered {
  readonly answer: FleetAnswer;
  /** The pass in which it was given, by its begin. */
  readonly passAfterSeconds: number;
}

class Passes {
  readonly #ports: FleetPorts;
  readonly #context: DurableContext;
  readonly #answers = new Map<string, Answered>();
  #passAfterSeconds = 0;
  /** What the pass has not tried yet. */
  #left: readonly string[] = [];
  #trials = 0;

  constructor(ports: FleetPorts, context: DurableContext) {
    this.#ports = ports;
    this.#context = context;
  }

  async run(sessions: readonly string[]): Promise<void> {
    await this.#pass(sessions);
    if (this.#left.length > 0) return;
    for (const afterSeconds of NEXT_PASSES_AFTER_SECONDS) {
      const due = this.#dueAfter(afterSeconds);
      if (due.length === 0) continue;
      await this.#context.wait('before the next pass', { seconds: afterSeconds - this.#passAfterSeconds });
      this.#passAfterSeconds = afterSeconds;
      await this.#pass(due);
    }
  }

  result(): Omit<FleetResult, 'skipped' | 'seconds'> {
    const failed: Record<string, string[]> = {};
    const signedOut: string[] = [];
    for (const [session, { answer }] of this.#answers) {
      if ('code' in answer) {
        failed[answer.code] ??= [];
        failed[answer.code]?.push(session);
      } else if (answer.outcome === 'nothing_to_log_out') {
        signedOut.push(session);
      }
    }
    const tried = this.#answers.size;
    const loggedOut = tried - signedOut.length - Object.values(failed).flat().length;
    return { tried, loggedOut, signedOut, failed, notTried: [...this.#left] };
  }

  #dueAfter(afterSeconds: number): readonly string[] {
    return [...this.#answers].flatMap(([session, { answer, passAfterSeconds }]) => {
      const seconds = mayPassAfterSeconds(answer);
      return seconds !== undefined && passAfterSeconds + seconds <= afterSeconds ? [session] : [];
    });
  }

  /** Ends with sessions left if Blink does not answer for an hour. */
  async #pass(sessions: readonly string[]): Promise<void> {
    this.#left = sessions;
    while (this.#left.length > 0) {
      const untried = await this.#shard(this.#left.slice(0, SESSIONS_PER_SHARD));
      this.#left = [...untried, ...this.#left.slice(SESSIONS_PER_SHARD)];
      if (untried.length > 0 && !(await this.#blinkAnswers())) return;
    }
  }

  /** Resolves with the sessions that were not tried, because Blink does not answer. */
  async #shard(shard: readonly string[]): Promise<readonly string[]> {
    const answers = await this.#context.invoke<Shard, ShardAnswers>(
      `sessions from ${shard[0]}`,
      `${fleetName(this.#ports.place.stack)}:${FLEET_ALIAS}`,
      // All sessions of a later pass have failed before, so that ten failures say less about Blink.
      { shard: [...shard], stopsIfBlinkIsDown: this.#passAfterSeconds === 0 },
    );
    return shard.filter((session, index) => {
      const answer = answers[index] ?? null;
      if (answer !== null) this.answered(session, answer);
      return answer === null;
    });
  }

  /** Tries some of what is left, again and again, until Blink answers. */
  async #blinkAnswers(): Promise<boolean> {
    const { publish, place } = this.#ports;
    if (this.#trials === 0) {
      const notice = outageNotice(this.#left.length, place, executionOf(this.#context));
      await this.#context.step('tell that Blink does not answer', () => publish(notice));
    }
    while (this.#trials < TRIALS && this.#left.length > 0) {
      this.#trials += 1;
      await this.#context.wait('before the next trial', { minutes: TRIAL_AFTER_MINUTES });
      // From the end: those whose names follow one another may be on the one host of Blink that is down.
      for (const session of this.#left.slice(-SESSIONS_PER_TRIAL).toReversed()) {
        const answer = await logOutSession(this.#context, place.stack, session);
        this.answered(session, answer);
        this.#left = this.#left.slice(0, -1);
        const blink = blinkIs(answer);
        if (blink === 'up') return true;
        if (blink === 'down') break;
      }
    }
    return false;
  }

  answered(session: string, answer: FleetAnswer): void {
    this.#answers.set(session, { answer, passAfterSeconds: this.#passAfterSeconds });
  }
}

import { FUNCTION_TIMEOUT_SECONDS } from '../../../lambda/core/claim-life.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import { type LogoutRequest, logOut } from '../../../lambda/core/log-out.ts';
import type { LogoutOutcome } from '../../../lambda/core/outcome.ts';
import { sessionVault } from '../../../lambda/core/vault/session-vault.ts';
import { BlinkModel, blinkOver, type Family, storedText } from './blink-model.ts';
import type { Channel } from './channel.ts';
import { Sandbox } from './sandbox.ts';
import { SecretModel, storeOver } from './secret-model.ts';
import { VirtualTime } from './virtual-time.ts';

export type RunEnd =
  | { readonly kind: 'done'; readonly outcome: LogoutOutcome }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'killed' };

export interface RunOptions {
  readonly id: string;
  readonly channel: (sandbox: Sandbox) => Channel;
  readonly request?: LogoutRequest;
  /** @default the function's */
  readonly timeoutMs?: number;
}

export interface WorldOptions {
  /** From 0 to below 1, for jitter. */
  readonly random?: () => number;
  /** How far the clocks are ahead by which Secrets Manager dates versions, and its answers. */
  readonly versionsAheadMs?: () => number;
  readonly answersAheadMs?: () => number;
}

/** One session's secret and Blink, with a clock of their own; the vault, the use case and Blink's adapter are the real ones. */
export class World {
  readonly time: VirtualTime;
  readonly secret: SecretModel;
  readonly blink: BlinkModel;

  constructor({ random, versionsAheadMs, answersAheadMs }: WorldOptions = {}) {
    this.time = new VirtualTime(random);
    this.secret = new SecretModel(this.time, 'default', versionsAheadMs);
    if (answersAheadMs !== undefined) this.secret.answersAheadMs = answersAheadMs;
    this.blink = new BlinkModel(this.time);
    this.blink.currentTexts = () => this.secret.currentTexts();
  }

  /** A person signs in and stores the tokens. */
  signIn(): Family {
    const family = this.blink.signIn();
    const versionId = `00000000-0000-4000-8000-${family.clientId.padStart(12, '0')}`;
    this.secret.put(versionId, storedText(family), ['AWSCURRENT']);
    return family;
  }

  /** Starts a run; it goes on as the clock is moved. */
  async start(options: RunOptions): Promise<RunEnd> {
    const { id, request = { session: 'default' }, timeoutMs = FUNCTION_TIMEOUT_SECONDS * 1000 } = options;
    const sandbox = new Sandbox(this.time, id);
    const channel = options.channel(sandbox);
    const over = new AbortController();
    this.time.wait(timeoutMs, over.signal, id).then(sandbox.kill, () => undefined);
    const run = logOut(
      {
        vault: sessionVault(
          storeOver(this.secret, this.time, sandbox.timing, channel),
          sandbox.timing,
          () => undefined,
        ),
        blink: blinkOver(this.blink, sandbox, channel, id, () => this.time.nowMs),
        runEnds: this.time.deadline(timeoutMs),
      },
      request,
    ).then(
      (outcome): RunEnd => ({ kind: 'done', outcome }),
      (failure: unknown): RunEnd => {
        if (failure instanceof Failure) return { kind: 'failed', failure };
        throw failure;
      },
    );
    const end = await Promise.race([run, sandbox.killed.then((): RunEnd => ({ kind: 'killed' }))]);
    over.abort();
    return end;
  }
}

/** In one word, for tables and for comparisons. */
export function told(end: RunEnd): string {
  switch (end.kind) {
    case 'done':
      return end.outcome.outcome;
    case 'failed': {
      const { reason } = end.failure.details;
      return reason === undefined ? end.failure.code : `${end.failure.code}: ${reason}`;
    }
    case 'killed':
      return 'killed';
  }
}

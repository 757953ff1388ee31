import type { Blink, RefreshResult } from './blink/blink.ts';
import { Failure } from './failure.ts';
import { type Deadline, holdsRefreshAndSave } from './time.ts';
import type { Claim, ClaimEnd, SessionVault } from './vault/session-vault.ts';

export interface SpendPorts {
  readonly vault: SessionVault;
  readonly blink: Blink;
  /** When the platform ends the run. A save goes on until then. */
  readonly runEnds: Deadline;
  /** When the caller must have its answer, never later than `runEnds`. Nothing is spent unless it could be saved by then. */
  readonly answerDue: Deadline;
}

/** What a spent refresh token came to, if it came to a definite answer. */
export type Spent = Extract<RefreshResult, { kind: 'granted' | 'refused' | 'without_refresh' }>;

/**
 * Spends the claimed refresh token, unless too little time is left to save the new one. If there is neither a grant nor a
 * refusal, the claim is ended, or what was received is saved, and the failure thrown.
 */
export async function spend({ vault, blink, runEnds, answerDue }: SpendPorts, claim: Claim): Promise<Spent> {
  if (!holdsRefreshAndSave(answerDue)) {
    await vault.end(claim, { kind: 'free', inDoubt: false }, answerDue);
    throw new Failure('secrets_unavailable', 'too little time was left to save; nothing was spent');
  }
  const refresh = await blink.refresh(claim.reading.stored, answerDue);
  switch (refresh.kind) {
    case 'granted':
    case 'refused':
    case 'without_refresh':
      return refresh;
    case 'failed':
      await vault.end(claim, endAfter(refresh), runEnds);
      throw refresh.failure;
    case 'without_access': {
      const saved = await vault.save(claim, refresh.token, runEnds);
      const { retryAfterSeconds: seconds = 0 } = refresh.failure.details;
      await vault.leave(saved, runEnds, { kind: 'cool_down', seconds });
      throw refresh.failure;
    }
  }
}

function endAfter({ failure, token }: Extract<RefreshResult, { kind: 'failed' }>): ClaimEnd {
  const inDoubt = token !== 'unspent';
  const seconds = failure.details.retryAfterSeconds;
  if (token === 'in_flight') return { kind: 'in_flight', inDoubt };
  return seconds === undefined ? { kind: 'free', inDoubt } : { kind: 'cool_down', inDoubt, seconds };
}

import type { Blink, RefreshResult } from './blink/blink.ts';
import { Failure } from './failure.ts';
import { type Deadline, holdsRefreshAndSave } from './time.ts';
import type { Claim, ClaimEnd, SessionVault } from './vault/session-vault.ts';

export interface SpendPorts {
  readonly vault: SessionVault;
  readonly blink: Blink;
  /** When Lambda ends the run. A save is tried until then. */
  readonly runEnds: Deadline;
  /** When the caller needs the answer: never later than `runEnds`. The token is spent only if the save fits before it. */
  readonly answerDue: Deadline;
}

/** The result of a refresh with a definite answer. */
export type Spent = Extract<RefreshResult, { kind: 'granted' | 'refused' | 'without_refresh' }>;

/**
 * Spends the claimed refresh token if enough time is left to save the new one. Without a grant or a refusal, saves a
 * received token or ends the claim, and throws the failure.
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

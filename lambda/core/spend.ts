import type { Blink, RefreshResult } from './blink/blink.ts';
import { Failure } from './failure.ts';
import { type Deadline, holdsRefreshAndSave } from './time.ts';
import { refused } from './vault/availability.ts';
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
export type Spent = Extract<RefreshResult, { kind: 'granted' | 'refused' | 'without_refresh' }> & {
  readonly claim: Claim;
};

/** Blink refuses the claimed refresh token. */
export type Refusal = Extract<Spent, { kind: 'refused' }>;

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
      return { ...refresh, claim };
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

/**
 * If Blink refuses the token and the secret holds a newer one, spends that, once.
 * @param spendCurrent reads, claims and spends. It may find that nothing needs to be spent
 */
export async function spendNewest<Nothing extends { readonly kind: 'already_logged_out' }>(
  ports: SpendPorts,
  spendCurrent: () => Promise<Spent | Nothing>,
): Promise<Spent | Nothing> {
  const first = await spendCurrent();
  return first.kind === 'refused' && (await hasNewerToken(ports, first)) ? spendCurrent() : first;
}

/** If the read fails, ends the claim, so that the next run need not wait. */
async function hasNewerToken({ vault, runEnds }: SpendPorts, { claim, inDoubt }: Refusal): Promise<boolean> {
  try {
    return await vault.hasNewerToken(claim);
  } catch (error) {
    await vault.end(claim, { kind: 'free', inDoubt }, runEnds);
    throw error;
  }
}

/** Records the refusal, so that no later run asks Blink with this token again. */
export async function recordRefusal(
  { vault, runEnds }: SpendPorts,
  { claim, inDoubt }: Refusal,
): Promise<void> {
  await vault.end(claim, { kind: 'refused', inDoubt }, runEnds);
}

export function refusalFailure(refusal: Refusal): Failure {
  const { secondFactor, blinkStatus } = refusal;
  return secondFactor
    ? new Failure('reauthentication_required', 'Blink asks for a second factor; sign in again', {
        reason: 'second_factor_wanted',
        blinkStatus,
      })
    : refused(tokenMayBeLost(refusal), blinkStatus);
}

/** Whether an earlier run or try may have spent the token without receiving the new one. */
export function tokenMayBeLost({ claim, inDoubt }: Refusal): boolean {
  return inDoubt || claim.reading.state.tokenMayBeLost;
}

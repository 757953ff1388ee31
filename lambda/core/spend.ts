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
}

/** The result of a refresh with a definite answer. */
export type Spent = Extract<RefreshResult, { kind: 'granted' | 'refused' }> & { readonly claim: Claim };

/** Blink refuses the claimed refresh token. */
export type Refusal = Extract<Spent, { kind: 'refused' }>;

/**
 * Claims and spends the current refresh token. If Blink refuses it and the secret holds a newer one, spends that, once.
 * @param claim reads and claims, or resolves to `undefined` if nothing is to be spent
 */
export async function spendNewest(
  ports: SpendPorts,
  claim: () => Promise<Claim | undefined>,
): Promise<Spent | undefined> {
  for (let tries = 1; ; tries++) {
    const claimed = await claim();
    if (claimed === undefined) return undefined;
    const spent = await spend(ports, claimed);
    if (spent.kind === 'granted' || tries === 2 || !(await hasNewerToken(ports, spent))) return spent;
  }
}

/**
 * Spends the claimed refresh token if enough time is left to save the new one. Without a grant or a refusal, ends the
 * claim and throws the failure.
 */
async function spend({ vault, blink, runEnds }: SpendPorts, claim: Claim): Promise<Spent> {
  if (!holdsRefreshAndSave(runEnds)) {
    await vault.endClaim(claim, { kind: 'unspent', inDoubt: false }, runEnds);
    throw new Failure('secrets_unavailable', 'too little time was left to save; nothing was spent');
  }
  const refresh = await blink.refresh(claim.reading.stored, runEnds);
  if (refresh.kind !== 'failed') return { ...refresh, claim };
  await vault.endClaim(claim, endAfter(refresh), runEnds);
  throw refresh.failure;
}

function endAfter({ failure, token }: Extract<RefreshResult, { kind: 'failed' }>): ClaimEnd {
  const inDoubt = token !== 'unspent';
  const seconds = failure.details.retryAfterSeconds;
  if (token === 'in_flight') return { kind: 'in_flight', inDoubt };
  return seconds === undefined ? { kind: 'unspent', inDoubt } : { kind: 'cool_down', inDoubt, seconds };
}

/** If the read fails, ends the claim, so that the next run need not wait. */
async function hasNewerToken({ vault, runEnds }: SpendPorts, { claim, inDoubt }: Refusal): Promise<boolean> {
  try {
    return await vault.hasNewerToken(claim);
  } catch (error) {
    await vault.endClaim(claim, { kind: 'unspent', inDoubt }, runEnds);
    throw error;
  }
}

/** Records the refusal, so that no later run asks Blink with this token again. */
export async function recordRefusal(
  { vault, runEnds }: SpendPorts,
  { claim, inDoubt }: Refusal,
): Promise<void> {
  await vault.endClaim(claim, { kind: 'refused', inDoubt }, runEnds);
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

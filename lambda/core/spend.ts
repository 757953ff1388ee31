import type { Blink, RefreshResult } from './blink/blink.ts';
import { refused, tokenMayBeLost } from './condition.ts';
import { Failure } from './failure.ts';
import { type Deadline, holdsRefreshAndSave } from './time.ts';
import type { ClaimEnd } from './vault/next.ts';
import type { Claim } from './vault/reading.ts';
import type { SessionVault } from './vault/session-vault.ts';

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
 * Claims and spends the current refresh token. A refusal is recorded, so that no later run asks Blink with this token again.
 * If the secret holds a newer token, spends that, once.
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
    if (spent.kind === 'granted') return spent;
    const isReplaced = tries === 1 && (await hasNewerToken(ports, spent));
    await ports.vault.endClaim(claimed, { what: 'refused', inDoubt: spent.inDoubt }, ports.runEnds);
    if (!isReplaced) return spent;
  }
}

/**
 * Spends the claimed refresh token if enough time is left to save the new one. Without a grant or a refusal, ends the
 * claim and throws the failure.
 */
async function spend({ vault, blink, runEnds }: SpendPorts, claim: Claim): Promise<Spent> {
  if (!holdsRefreshAndSave(runEnds)) {
    const why = 'too little time was left to save; nothing was spent';
    await vault.endClaim(claim, { what: 'failed', why }, runEnds);
    throw new Failure('secrets_unavailable', why);
  }
  const refresh = await blink.refresh(claim.reading.stored, runEnds);
  if (refresh.kind !== 'failed') return { ...refresh, claim };
  await vault.endClaim(claim, endAfter(refresh), runEnds);
  throw refresh.failure;
}

function endAfter({ failure, token }: Extract<RefreshResult, { kind: 'failed' }>): ClaimEnd {
  const end = { why: failure.message, restSeconds: failure.details.retryAfterSeconds };
  return token === 'unspent'
    ? { what: 'failed', ...end }
    : { what: 'no_answer', inFlight: token === 'in_flight', ...end };
}

/** If the read fails, ends the claim, so that the next run need not wait. */
async function hasNewerToken({ vault, runEnds }: SpendPorts, { claim, inDoubt }: Refusal): Promise<boolean> {
  try {
    return await vault.hasNewerToken(claim);
  } catch (error) {
    const why = 'Blink refused the token, and the secret could not be read again';
    await vault.endClaim(
      claim,
      inDoubt ? { what: 'no_answer', inFlight: false, why } : { what: 'failed', why },
      runEnds,
    );
    throw error;
  }
}

export function refusalFailure(refusal: Refusal): Failure {
  const { secondFactor, blinkStatus } = refusal;
  return secondFactor
    ? new Failure('reauthentication_required', 'Blink asks for a second factor; sign in again', {
        reason: 'second_factor_wanted',
        blinkStatus,
      })
    : refused(isLost(refusal), blinkStatus);
}

/** Whether an earlier run or try may have spent the token without receiving the new one. */
export function isLost({ claim, inDoubt }: Refusal): boolean {
  return inDoubt || tokenMayBeLost(claim.reading);
}

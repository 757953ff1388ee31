import type { RefreshResult } from './blink/blink.ts';
import { Failure } from './failure.ts';
import type { Deadline } from './time.ts';
import { refused } from './vault/availability.ts';
import type { Claim, SessionVault } from './vault/session-vault.ts';

/** Blink refuses the claimed refresh token. */
export type Refusal = Extract<RefreshResult, { kind: 'refused' }>;

/** Records the refusal, so that no later run asks Blink with this token again. */
export async function recordRefusal(
  vault: SessionVault,
  claim: Claim,
  { inDoubt }: Refusal,
  deadline: Deadline,
): Promise<void> {
  await vault.end(claim, { kind: 'refused', inDoubt }, deadline);
}

export function refusalFailure(claim: Claim, refusal: Refusal): Failure {
  return refusal.secondFactor
    ? new Failure('reauthentication_required', 'Blink asks for a second factor; sign in again', {
        reason: 'second_factor_wanted',
        blinkStatus: refusal.blinkStatus,
      })
    : refused(tokenMayBeLost(claim, refusal), refusal.blinkStatus);
}

/** Whether an earlier run or try may have spent the token without receiving the new one. */
export function tokenMayBeLost(claim: Claim, { inDoubt }: Refusal): boolean {
  return inDoubt || claim.reading.state.tokenMayBeLost;
}

import type { RefreshResult } from './blink/blink.ts';
import { Failure } from './failure.ts';
import { refused } from './vault/availability.ts';
import type { Claim, SessionVault } from './vault/session-vault.ts';

/** Blink does not take the claimed refresh token. */
type Refusal = Extract<RefreshResult, { kind: 'refused' }>;

/** Says so in the secret too, so that no later run asks Blink with this token again. */
export async function refuse(vault: SessionVault, claim: Claim, refusal: Refusal): Promise<never> {
  // What an earlier logout ended is no refusal to remember.
  const { loggedOut } = claim.reading.state;
  if (loggedOut === 'never' || tokenMayBeLost(claim, refusal)) await vault.markRefused(claim);
  await vault.giveBack(claim, endOf(refusal));
  throw refusal.secondFactor
    ? new Failure('reauthentication_required', 'Blink wants a second factor; sign in again', {
        reason: 'second_factor_wanted',
        blinkStatus: refusal.blinkStatus,
      })
    : refused(tokenMayBeLost(claim, refusal), refusal.blinkStatus);
}

/** Where that cannot be told, the claim is given back: this run is not dead, and has lost nothing. */
export async function hasMovedOn(vault: SessionVault, claim: Claim, refusal: Refusal): Promise<boolean> {
  try {
    return await vault.hasMovedOn(claim);
  } catch (error) {
    await vault.giveBack(claim, endOf(refusal));
    throw error;
  }
}

function endOf({ afterUnanswered }: Refusal): 'unanswered' | 'unspent' {
  return afterUnanswered ? 'unanswered' : 'unspent';
}

/** An earlier run, or an earlier try of this one, may have spent the token without seeing what it was given for it. */
export function tokenMayBeLost(claim: Claim, { afterUnanswered }: Refusal): boolean {
  return afterUnanswered || claim.reading.state.tokenMayBeLost;
}

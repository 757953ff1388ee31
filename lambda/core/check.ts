import type { Outcome } from './outcome.ts';
import { requireAvailable } from './vault/availability.ts';
import type { SessionVault } from './vault/session-vault.ts';

/**
 * Reports whether a logout is possible now. It only reads: it writes and spends nothing.
 * @throws {Failure} the failure of a logout at this moment, such as `session_busy`
 */
export async function check(vault: SessionVault, session: string): Promise<Outcome> {
  const { loggedOut, availability, tokenMayBeLost } = (await vault.read(session)).state;
  const isEnded = loggedOut !== 'never' && availability.kind === 'refused' && !availability.lost;
  if (loggedOut === 'recently' || isEnded) return { outcome: 'already_logged_out', session };
  requireAvailable(availability);
  const isInDoubt = availability.kind === 'claimable' && tokenMayBeLost;
  return { outcome: isInDoubt ? 'token_may_be_lost' : 'ready', session };
}

import type { Outcome } from './outcome.ts';
import { requireAvailable } from './vault/availability.ts';
import type { SessionVault } from './vault/session-vault.ts';

/** Says whether a logout could be tried now. Writes nothing and spends nothing. */
export async function check(vault: SessionVault, session: string): Promise<Outcome> {
  const { loggedOut, availability } = (await vault.read(session)).state;
  const isEnded = loggedOut !== 'never' && availability.kind === 'refused' && !availability.lost;
  if (loggedOut === 'recently' || isEnded) return { outcome: 'already_logged_out', session };
  requireAvailable(availability);
  return { outcome: 'ready', session };
}

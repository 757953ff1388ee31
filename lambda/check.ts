import type { Outcome } from './outcome.ts';
import { requireAvailable } from './vault/availability.ts';
import type { SessionVault } from './vault/session-vault.ts';

/** Says whether a logout could be tried now: reads, writes nothing and spends nothing. */
export async function check(vault: SessionVault, session: string): Promise<Outcome> {
  const { state } = await vault.read(session);
  if (state.loggedOut === 'recently') return { outcome: 'already_logged_out', session };
  requireAvailable(state.availability);
  return { outcome: 'ready', session };
}

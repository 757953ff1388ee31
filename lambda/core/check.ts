import { conditionOf, isRepeated, requireClaimable } from './condition.ts';
import type { Outcome } from './outcome.ts';
import type { SessionVault } from './vault/session-vault.ts';

/**
 * Reports whether a logout is possible now. It only reads: it writes and spends nothing.
 * @throws {Failure} the failure of a logout at this moment, such as `session_busy`
 */
export async function check(vault: SessionVault, session: string): Promise<Outcome> {
  const reading = await vault.read(session);
  const condition = conditionOf(reading);
  if (isRepeated(reading) || condition.kind === 'signed_out')
    return { outcome: 'already_logged_out', session };
  requireClaimable(condition, reading.nowMs);
  return { outcome: condition.kind === 'in_doubt' ? 'token_may_be_lost' : 'ready', session };
}

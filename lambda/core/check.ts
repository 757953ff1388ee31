import { conditionOf } from './condition.ts';
import type { CheckResult } from './outcome.ts';
import type { SessionVault } from './vault/session-vault.ts';

/**
 * Tells the session's condition. It only reads: it writes and spends nothing.
 * @throws {Failure} if the session cannot be read
 */
export async function check(vault: SessionVault, session: string): Promise<CheckResult> {
  return { ...conditionOf(await vault.read(session)), session };
}

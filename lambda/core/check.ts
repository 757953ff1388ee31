import { type Condition, conditionOf } from './condition.ts';
import type { CheckResult } from './outcome.ts';
import { iso } from './vault/next.ts';
import type { SessionVault } from './vault/session-vault.ts';

/**
 * Tells the session's condition. It only reads: it writes and spends nothing.
 * @throws {Failure} if the session cannot be read
 */
export async function check(vault: SessionVault, session: string): Promise<CheckResult> {
  const condition = conditionOf(await vault.read(session));
  return { condition: condition.kind, session, ...detailsOf(condition) };
}

function detailsOf(condition: Condition): Omit<CheckResult, 'condition' | 'session'> {
  switch (condition.kind) {
    case 'logged_out':
      return { at: iso(condition.atMs) };
    case 'signed_out':
      return { since: iso(condition.sinceMs) };
    case 'busy':
    case 'secret_full':
      return { until: iso(condition.untilMs) };
    case 'cooling_down':
      return { until: iso(condition.untilMs), why: condition.why };
    case 'needs_sign_in':
      return { why: condition.reason };
    case 'invalid':
    case 'unreadable':
      return { why: condition.why };
    case 'ready':
    case 'in_doubt':
      return {};
  }
}

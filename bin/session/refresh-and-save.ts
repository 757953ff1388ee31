import type { Grant } from '../../lambda/core/blink/blink.ts';
import { refusalFailure, type SpendPorts, spendNewest } from '../../lambda/core/spend.ts';
import type { Claim, SavedSession } from '../../lambda/core/vault/session-vault.ts';

/** A session that stays claimed until `endClaim` or `markLoggedOut`, and the tokens that were granted to it. */
export interface Refreshed {
  readonly saved: SavedSession;
  readonly grant: Grant;
}

/**
 * Claims, refreshes and saves as a logout does. A refused token is replaced by a newer one, if there is one, once. If nothing
 * is granted, the claim is ended, the refusal is recorded, and the failure is thrown.
 */
export async function refreshAndSave(ports: SpendPorts, claim: () => Promise<Claim>): Promise<Refreshed> {
  const spent = await spendNewest(ports, claim);
  switch (spent?.kind) {
    case 'granted':
      return {
        saved: await ports.vault.saveToken(spent.claim, spent.grant, ports.runEnds),
        grant: spent.grant,
      };
    case 'refused':
      throw refusalFailure(spent);
    case undefined:
      throw new Error('a command that refreshes has claimed nothing');
  }
}

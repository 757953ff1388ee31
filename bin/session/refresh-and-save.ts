import { randomUUID } from 'node:crypto';
import type { Grant } from '../../lambda/core/blink/blink.ts';
import { recordRefusal, refusalFailure, spend, spendNewest } from '../../lambda/core/spend.ts';
import type { Deadline } from '../../lambda/core/time.ts';
import { refused } from '../../lambda/core/vault/availability.ts';
import type { Reading, SavedSession } from '../../lambda/core/vault/session-vault.ts';
import type { Target } from './target.ts';

/** A session that stays claimed until `leave` or `markLoggedOut`, and the tokens that were granted to it. */
export interface Refreshed {
  readonly saved: SavedSession;
  readonly grant: Grant;
}

/**
 * Claims, refreshes and saves as a logout does. A refused token is replaced by a newer one, if there is one, once. If nothing
 * is granted, the claim is ended, the refusal is recorded, and the failure is thrown.
 */
export async function refreshAndSave(
  { vault, blink }: Pick<Target, 'vault' | 'blink'>,
  read: () => Promise<Reading>,
  runEnds: Deadline,
): Promise<Refreshed> {
  const ports = { vault, blink, runEnds, answerDue: runEnds };
  const claimant = { runId: randomUUID(), sparesVersions: 0 };
  const spent = await spendNewest<never>(ports, async () =>
    spend(ports, await vault.claim(await read(), claimant)),
  );
  const { claim } = spent;
  switch (spent.kind) {
    case 'granted':
      return { saved: await vault.save(claim, spent.grant, runEnds), grant: spent.grant };
    case 'refused':
      await recordRefusal(ports, spent);
      throw refusalFailure(spent);
    case 'without_refresh':
      await vault.end(claim, { kind: 'refused', inDoubt: true }, runEnds);
      throw refused(true);
  }
}

import { expect, it, test } from 'vitest';
import { CLAIM_LIFE_MS } from '../../../../lambda/core/claim-life.ts';
import { earlierClaim } from '../../../../lambda/core/vault/earlier-release.ts';
import { digestOf } from '../../../../lambda/core/vault/journal.ts';

// `test/proof/upgrade.test.ts` runs both releases. These are the entries that 0.2.0 can leave, one at a time.

const KINDS = [
  'claim',
  'save',
  'free',
  'in_flight',
  'refused',
  'cool_down',
  'logged_out',
  'rejected',
] as const;
const TOKEN = digestOf('a-token');
const CURRENT = { versionId: 'current', token: TOKEN, isMarked: false };

function entry(kind: (typeof KINDS)[number]) {
  const versionId = `${TOKEN}${'0'.repeat(8)}${KINDS.indexOf(kind)}0${'0'.repeat(14)}`;
  return { versionId, labels: [], createdAtMs: 1000, text: '' };
}

it.each(KINDS)('after %s, the session is busy for the life of a claim, and the token in doubt', (kind) => {
  expect(earlierClaim(entry(kind), CURRENT)).toEqual({
    heldUntilMs: 1000 + CLAIM_LIFE_MS,
    inDoubt: true,
    savedVersionId: kind === 'save' ? entry(kind).versionId : undefined,
  });
});

test('after a save that is current, its run may log out until it is marked', () => {
  const { versionId } = entry('save');
  const current = { versionId, token: digestOf('its-new-token'), isMarked: false };
  expect(earlierClaim(entry('save'), current)).toMatchObject({ inDoubt: false, savedVersionId: undefined });
  expect(earlierClaim(entry('save'), { ...current, isMarked: true })).toBeUndefined();
});

test('an entry about another token says nothing', () => {
  expect(earlierClaim(entry('claim'), { ...CURRENT, token: digestOf('another') })).toBeUndefined();
});

import { expect, test } from 'vitest';
import { journalVersionId } from '../../../lambda/vault/journal.ts';

const GENERATION = '11111111-1111-4111-8111-111111111111';

test('an entry has the id that RFC 9562 gives its name, by anybody’s implementation', () => {
  // Python: uuid.uuid5(UUID('7d1f3c0e-5a4b-4f8e-9c6a-2b1d0e9f8a7c'), '<generation>/claim/0')
  expect(journalVersionId(GENERATION, 'claim', 0)).toBe('cb5f0982-0ecb-5d8d-8225-47b240932b45');
  expect(journalVersionId(GENERATION, 'save', 2)).toBe('9653a10a-d8f3-51e5-85de-5b7f3ac25bfb');
});

test('no two entries share an id: neither of other attempts, nor of other generations', () => {
  const ids = (['claim', 'save', 'unspent', 'unanswered', 'blocked'] as const).flatMap((entry) =>
    [GENERATION, GENERATION.replace('1', '2')].flatMap((generation) =>
      [0, 1, 10, 255].map((attempt) => journalVersionId(generation, entry, attempt)),
    ),
  );
  expect(new Set(ids).size).toBe(5 * 2 * 4);
});

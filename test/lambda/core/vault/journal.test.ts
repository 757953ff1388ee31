import { expect, test } from 'vitest';
import {
  digestOf,
  entryVersionId,
  type JournalEntry,
  parseEntry,
} from '../../../../lambda/core/vault/journal.ts';

const about = { token: digestOf('a refresh token'), attempt: 258, inDoubt: false, unreported: 0, value: 0 };
const ENTRIES: readonly JournalEntry[] = [
  { ...about, kind: 'claim' },
  { ...about, kind: 'save' },
  { ...about, kind: 'save', value: 1 },
  { ...about, kind: 'unspent' },
  { ...about, kind: 'in_flight', inDoubt: true, unreported: 3 },
  { ...about, kind: 'cool_down', inDoubt: true, unreported: 15, value: 86_400 },
  { ...about, kind: 'refused' },
  { ...about, kind: 'logged_out', value: 999_999_999_999_999 },
  { ...about, kind: 'rejected' },
];

test('an entry’s id is what its parts say, by any implementation', () => {
  // printf %s 'blink-logout journal: a refresh token' | sha256sum | cut -c1-40
  expect(about.token).toBe('ce38379968d4be8969f17b914c887144f734a25b');
  expect(entryVersionId({ ...about, kind: 'claim' })).toBe(`${about.token}00000102${'0'.repeat(16)}`);
});

test('every entry can be read back from its id, which has 64 characters, the most that Secrets Manager takes', () => {
  for (const entry of ENTRIES) {
    const versionId = entryVersionId(entry);
    expect(versionId).toMatch(/^[0-9a-f]{64}$/);
    expect(parseEntry(versionId)).toEqual(entry);
  }
});

test('more than 15 unreported attempts are written as 15, so that the id stays readable', () => {
  const versionId = entryVersionId({ ...about, kind: 'unspent', unreported: 16 });
  expect(parseEntry(versionId)).toMatchObject({ kind: 'unspent', unreported: 15 });
});

test('no two entries share an id, neither of other attempts nor of other tokens', () => {
  const others = ENTRIES.flatMap((entry) => [
    entry,
    { ...entry, attempt: 2 ** 32 - 1 },
    { ...entry, token: digestOf('another') },
  ]);
  expect(new Set(others.map(entryVersionId)).size).toBe(others.length);
});

test.each([
  '11111111-1111-4111-8111-111111111111',
  '',
  `${'a'.repeat(48)}8${'0'.repeat(15)}`,
  `${'a'.repeat(48)}02${'0'.repeat(14)}`,
])('a version that is not ours is no entry: %s', (versionId) => {
  expect(parseEntry(versionId)).toBeUndefined();
});

test('a token cannot be found in its digest, and two tokens have two', () => {
  expect(digestOf('canary')).not.toContain('canary');
  expect(digestOf('canary')).not.toBe(digestOf('canary '));
});

import { beforeEach, expect, test } from 'vitest';
import { Secret } from '../../../local/secrets-manager/secret.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

let nowMs: number;
let secret: Secret;

beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 1);
  secret = new Secret('arn', 'blink-logout/porch', { nowMs: () => nowMs });
  secret.put(id(0), 'first', []);
});

const idsOf = (asOfMs?: number) => secret.versions(asOfMs).map(({ versionId }) => versionId);

test('a reading can be as old as a caller wants, but never older than the first version', () => {
  const [firstMs] = [nowMs];
  nowMs += 1000;
  secret.put(id(1), 'second', ['AWSCURRENT']);
  expect(secret.version({}, firstMs + 999).text).toBe('first');
  expect(secret.version({}, firstMs + 1000).text).toBe('second');
  expect(idsOf(firstMs - DAY_MS)).toEqual([id(0)]);
  expect(() => secret.version({ versionId: id(1) }, firstMs)).toThrow('VersionId');
  expect(secret.version({ label: 'AWSPREVIOUS' }).versionId).toBe(id(0));
});

test('writes are decided by the newest state, even if readings are old', () => {
  secret.put(id(1), 'second', ['CLAIM']);
  expect(() => secret.put(id(1), 'other', ['CLAIM'])).toThrow('already in use');
  secret.moveLabel('AWSCURRENT', id(0), id(1));
  expect(() => secret.moveLabel('AWSCURRENT', id(0), id(1))).toThrow('currently has the staging label');
});

test('beyond a hundred versions the oldest without a label go, but none that is younger than 24 hours', () => {
  for (let number = 1; number <= 60; number++) secret.put(id(number), 'old', []);
  nowMs += DAY_MS - 1;
  for (let number = 61; number <= 99; number++) secret.put(id(number), 'young', ['CLAIM']);
  expect(() => secret.put(id(100), 'one too many', [])).toThrow('quota for secret versions');
  nowMs += 1;
  secret.put(id(100), 'fits', []);
  expect(secret.versions()).toHaveLength(100);
  expect(idsOf()).toContain(id(0)); // AWSCURRENT
  expect(idsOf()).not.toContain(id(1));
  expect(idsOf()).toContain(id(2));
});

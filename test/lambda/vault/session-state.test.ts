import { describe, expect, it, test } from 'vitest';
import { type JournalEntry, journalVersionId } from '../../../lambda/vault/journal.ts';
import type { SecretVersion } from '../../../lambda/vault/secret-store.ts';
import {
  type Availability,
  CLAIM_LIFE_MS,
  COOLING_MS,
  MAX_KEPT_VERSIONS,
  MAX_TAKEOVERS,
  REPEATED_DELIVERY_MS,
  type SessionState,
  sessionState,
} from '../../../lambda/vault/session-state.ts';

const GENERATION = '11111111-1111-4111-8111-111111111111';
const T0 = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

const version = (versionId: string, createdAtMs: number, ...labels: string[]): SecretVersion => ({
  versionId,
  createdAtMs,
  labels,
});
const current = (...labels: string[]) => version(GENERATION, T0, 'AWSCURRENT', ...labels);
const entry = (name: JournalEntry, attempt: number, atMs: number, ...labels: string[]) =>
  version(journalVersionId(GENERATION, name, attempt), atMs, ...labels);
const unrelated = (count: number, createdAtMs: number, ...labels: string[]) =>
  Array.from({ length: count }, (_, index) => version(`unrelated-${index}`, createdAtMs, ...labels));

function stateAt(nowMs: number, current_: SecretVersion, ...others: SecretVersion[]): SessionState {
  return sessionState(current_, [...others, current_], nowMs);
}
function availabilityAt(nowMs: number, current_: SecretVersion, ...others: SecretVersion[]): Availability {
  return stateAt(nowMs, current_, ...others).availability;
}

describe('a generation that nobody has claimed', () => {
  it('can be claimed', () => {
    expect(stateAt(T0, current())).toEqual({
      loggedOut: 'never',
      availability: { kind: 'claimable', attempt: 0, takesOver: false },
      deadAttempts: [],
      tokenMayBeLost: false,
    });
  });

  it('is not touched by the journal of another generation', () => {
    const other = journalVersionId('22222222-2222-4222-8222-222222222222', 'claim', 0);
    expect(availabilityAt(T0, current(), version(other, T0, 'BLINK_LOGOUT_CLAIM'))).toMatchObject({
      kind: 'claimable',
      attempt: 0,
    });
  });
});

describe('promise 1: a claimed generation', () => {
  const claim = entry('claim', 0, T0 + 1, 'BLINK_LOGOUT_CLAIM');

  it('is busy for as long as its run can live, to the millisecond, and can be taken over then', () => {
    expect(availabilityAt(T0 + CLAIM_LIFE_MS, current(), claim)).toEqual({
      kind: 'busy',
      retryAfterSeconds: 1,
    });
    expect(availabilityAt(T0 + 1 + CLAIM_LIFE_MS, current(), claim)).toEqual({
      kind: 'claimable',
      attempt: 1,
      takesOver: true,
    });
  });

  it('is busy by the service’s clock, even where that clock seems to run behind', () => {
    expect(availabilityAt(T0 - 999, current(), claim)).toEqual({
      kind: 'busy',
      retryAfterSeconds: CLAIM_LIFE_MS / 1000 + 1,
    });
  });

  it('stays claimed, whatever becomes of the label', () => {
    expect(availabilityAt(T0 + 1, current(), entry('claim', 0, T0))).toMatchObject({ kind: 'busy' });
  });

  it.each(['unspent', 'unanswered'] as const)('is free at once where the run gave it back: %s', (end) => {
    const state = stateAt(T0 + 2, current(), claim, entry(end, 0, T0 + 2));
    expect(state.availability).toEqual({ kind: 'claimable', attempt: 1, takesOver: false });
    expect(state.tokenMayBeLost).toBe(end === 'unanswered');
    expect(state.deadAttempts).toEqual([]);
  });

  it('is busy by its newest claim alone', () => {
    const earlier = [claim, entry('unspent', 0, T0 + 2)];
    expect(
      availabilityAt(T0 + 3 + CLAIM_LIFE_MS - 1, current(), ...earlier, entry('claim', 1, T0 + 3)),
    ).toMatchObject({ kind: 'busy' });
  });

  it('is left alone for a while where Blink blocked the run', () => {
    const blocked = [claim, entry('blocked', 0, T0 + 2)];
    expect(availabilityAt(T0 + 1 + COOLING_MS, current(), ...blocked)).toEqual({
      kind: 'cooling',
      retryAfterSeconds: 1,
    });
    expect(availabilityAt(T0 + 2 + COOLING_MS, current(), ...blocked)).toEqual({
      kind: 'claimable',
      attempt: 1,
      takesOver: false,
    });
  });
});

describe('a version that a run has just made current', () => {
  const justSaved = current('BLINK_LOGOUT_CLAIM');

  it('is busy while its maker may still be logging it out', () => {
    expect(availabilityAt(T0 + CLAIM_LIFE_MS - 1, justSaved)).toMatchObject({ kind: 'busy' });
    expect(availabilityAt(T0 + CLAIM_LIFE_MS, justSaved)).toMatchObject({ kind: 'claimable', attempt: 0 });
  });

  it('is free once it is marked as logged out', () => {
    expect(availabilityAt(T0 + 1, current('BLINK_LOGOUT_CLAIM', 'BLINK_LOGGED_OUT'))).toMatchObject({
      kind: 'claimable',
    });
  });
});

describe('promise 5: runs that died', () => {
  /** Attempts one after the other, each dead for longer than a claim lives. */
  const deaths = (count: number) =>
    Array.from({ length: count }, (_, attempt) => entry('claim', attempt, T0 + attempt * CLAIM_LIFE_MS));

  it('are taken over a bounded number of times', () => {
    const afterwardsMs = T0 + 10 * CLAIM_LIFE_MS;
    expect(stateAt(afterwardsMs, current(), ...deaths(MAX_TAKEOVERS))).toMatchObject({
      availability: { kind: 'claimable', attempt: MAX_TAKEOVERS, takesOver: true },
      deadAttempts: [0, 1, 2],
      tokenMayBeLost: true,
    });
    expect(availabilityAt(afterwardsMs, current(), ...deaths(MAX_TAKEOVERS + 1))).toEqual({
      kind: 'takeovers_exhausted',
    });
  });

  it('are not held against a generation whose runs gave up alive', () => {
    const journal = Array.from({ length: 50 }, (_, attempt) => [
      entry('claim', attempt, T0),
      entry('unspent', attempt, T0 + 1),
    ]).flat();
    expect(availabilityAt(T0 + 2 * DAY_MS, current(), ...journal)).toEqual({
      kind: 'claimable',
      attempt: 50,
      takesOver: false,
    });
  });

  it('are found by what they saved, once they can no longer be alive', () => {
    const journal = [entry('claim', 0, T0), entry('save', 0, T0 + 59_000, 'BLINK_LOGOUT_CLAIM')];
    expect(availabilityAt(T0 + CLAIM_LIFE_MS - 1, current(), ...journal)).toMatchObject({ kind: 'busy' });
    expect(stateAt(T0 + CLAIM_LIFE_MS, current(), ...journal)).toMatchObject({
      availability: { kind: 'saved_by_dead_run', versionId: journalVersionId(GENERATION, 'save', 0) },
      deadAttempts: [],
      tokenMayBeLost: false,
    });
  });

  it('lose to the newest of them that saved, in whatever order that surfaced', () => {
    const journal = [
      entry('claim', 0, T0),
      entry('claim', 1, T0 + CLAIM_LIFE_MS),
      entry('save', 1, T0 + CLAIM_LIFE_MS + 1),
      entry('save', 0, T0 + CLAIM_LIFE_MS + 2),
    ];
    expect(availabilityAt(T0 + 3 * CLAIM_LIFE_MS, current(), ...journal)).toEqual({
      kind: 'saved_by_dead_run',
      versionId: journalVersionId(GENERATION, 'save', 1),
    });
  });

  it('are seen past the gaps that Secrets Manager leaves when it removes old versions', () => {
    expect(availabilityAt(T0 + DAY_MS, current(), entry('claim', 7, T0))).toEqual({
      kind: 'claimable',
      attempt: 8,
      takesOver: true,
    });
  });
});

test('a rollback by hand leads forward again, to the token that was saved for the one rolled back to', () => {
  const saved = entry('save', 0, T0 + 2, 'AWSPREVIOUS', 'BLINK_LOGGED_OUT');
  expect(availabilityAt(T0 + 2 * DAY_MS, current(), entry('claim', 0, T0 + 1), saved)).toEqual({
    kind: 'saved_by_dead_run',
    versionId: saved.versionId,
  });
});

describe('a refused token', () => {
  it('is not tried again, and Blink’s word for it is passed on', () => {
    const gaveBack = [entry('claim', 0, T0), entry('unspent', 0, T0)];
    expect(availabilityAt(T0 + DAY_MS, current('BLINK_REFUSED'), ...gaveBack)).toEqual({
      kind: 'refused',
      lost: false,
    });
  });

  it.each([
    ['an earlier run died', [entry('claim', 0, T0), entry('claim', 1, T0 + CLAIM_LIFE_MS)]],
    [
      'an earlier run had no answer',
      [entry('claim', 0, T0), entry('unanswered', 0, T0), entry('claim', 1, T0)],
    ],
    ['the run itself had no answer to its first try', [entry('claim', 0, T0), entry('unanswered', 0, T0)]],
    ['the run itself died before it had told more', [entry('claim', 0, T0)]],
  ])('was lost where %s', (_, journal) => {
    expect(availabilityAt(T0 + DAY_MS, current('BLINK_REFUSED'), ...journal)).toEqual({
      kind: 'refused',
      lost: true,
    });
  });

  it('has a successor all the same where a save surfaced late', () => {
    const journal = [entry('claim', 0, T0), entry('save', 0, T0 + 1)];
    expect(availabilityAt(T0 + DAY_MS, current('BLINK_REFUSED'), ...journal)).toMatchObject({
      kind: 'saved_by_dead_run',
    });
  });

  it('was not lost where an earlier run gave it back unspent', () => {
    const journal = [0, 1].flatMap((attempt) => [entry('claim', attempt, T0), entry('unspent', attempt, T0)]);
    expect(availabilityAt(T0 + DAY_MS, current('BLINK_REFUSED'), ...journal)).toMatchObject({ lost: false });
  });
});

describe('promise 8: the room for versions', () => {
  it('is used up by young versions, labelled or not', () => {
    const nowMs = T0 + DAY_MS - 1;
    expect(availabilityAt(nowMs, current(), ...unrelated(MAX_KEPT_VERSIONS - 2, T0))).toMatchObject({
      kind: 'claimable',
    });
    expect(availabilityAt(nowMs, current(), ...unrelated(MAX_KEPT_VERSIONS - 1, T0))).toEqual({
      kind: 'no_room',
    });
  });

  it('is free again to the millisecond after 24 hours, but for labelled versions', () => {
    const nowMs = T0 + DAY_MS;
    expect(availabilityAt(nowMs, current(), ...unrelated(200, T0))).toMatchObject({ kind: 'claimable' });
    expect(availabilityAt(nowMs, current(), ...unrelated(MAX_KEPT_VERSIONS - 1, T0, 'KEPT'))).toEqual({
      kind: 'no_room',
    });
  });

  it('does not stand in the way of a dead run’s saved token', () => {
    const journal = [entry('claim', 0, T0), entry('save', 0, T0), ...unrelated(100, T0)];
    expect(availabilityAt(T0 + CLAIM_LIFE_MS, current(), ...journal)).toMatchObject({
      kind: 'saved_by_dead_run',
    });
  });
});

test('promise 9: a logout is recent for five minutes to the millisecond, and never forgotten', () => {
  const marked = current('BLINK_LOGGED_OUT');
  expect(stateAt(T0 + REPEATED_DELIVERY_MS - 1, marked).loggedOut).toBe('recently');
  expect(stateAt(T0 + REPEATED_DELIVERY_MS, marked).loggedOut).toBe('long_ago');
  expect(stateAt(T0 + 1, current()).loggedOut).toBe('never');
});

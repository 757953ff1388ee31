import { describe, expect, it, test } from 'vitest';
import { digestOf, entryVersionId } from '../../../../lambda/core/vault/journal.ts';
import type { SecretVersion } from '../../../../lambda/core/vault/secret-store.ts';
import {
  type Availability,
  CLAIM_LIFE_MS,
  MAX_KEPT_VERSIONS,
  MAX_TAKEOVERS,
  REJECTED_MS,
  type SessionState,
  sessionState,
} from '../../../../lambda/core/vault/session-state.ts';

const GENERATION = '11111111-1111-4111-8111-111111111111';
const T0 = Date.UTC(2026, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;

const version = (versionId: string, createdAtMs: number, ...labels: string[]): SecretVersion => ({
  versionId,
  createdAtMs,
  labels,
});
const current = (...labels: string[]) => version(GENERATION, T0, 'AWSCURRENT', ...labels);
const TOKEN = digestOf('the token');

/** What the tests call an entry, without what is the same for most of them. */
type Name =
  | 'claim'
  | 'save'
  | 'unspent'
  | 'unanswered'
  | 'in_flight'
  | 'cool_down'
  | 'refused'
  | 'refused, in doubt';

function versionIdOf(name: Name, attempt: number, token = TOKEN): string {
  const about = { token, attempt };
  switch (name) {
    case 'claim':
      return entryVersionId({ ...about, kind: 'claim' });
    case 'save':
      return entryVersionId({ ...about, kind: 'save' });
    case 'unspent':
      return entryVersionId({ ...about, kind: 'unspent' });
    case 'unanswered':
      return entryVersionId({ ...about, kind: 'unspent', inDoubt: true });
    case 'in_flight':
      return entryVersionId({ ...about, kind: 'in_flight', inDoubt: true });
    case 'cool_down':
      return entryVersionId({ ...about, kind: 'cool_down', value: REJECTED_MS / 1000 });
    case 'refused':
      return entryVersionId({ ...about, kind: 'refused' });
    case 'refused, in doubt':
      return entryVersionId({ ...about, kind: 'refused', inDoubt: true });
  }
}

const entry = (name: Name, attempt: number, atMs: number, ...labels: string[]) =>
  version(versionIdOf(name, attempt), atMs, ...labels);
const unrelated = (count: number, createdAtMs: number, ...labels: string[]) =>
  Array.from({ length: count }, (_, index) => version(`unrelated-${index}`, createdAtMs, ...labels));

function stateAt(nowMs: number, current_: SecretVersion, ...others: SecretVersion[]): SessionState {
  return sessionState(current_, TOKEN, [...others, current_], nowMs);
}
function availabilityAt(nowMs: number, current_: SecretVersion, ...others: SecretVersion[]): Availability {
  return stateAt(nowMs, current_, ...others).availability;
}

describe('a token that no run has claimed', () => {
  it('can be claimed', () => {
    expect(stateAt(T0, current())).toEqual({
      loggedOut: 'never',
      availability: { kind: 'claimable', attempt: 0, takesOver: false },
      unreportedAttempts: [],
      unreported: 0,
      tokenMayBeLost: false,
      recentlyLoggedOut: new Map(),
      rejected: new Map(),
    });
  });

  it('is not touched by the journal of another token', () => {
    const other = versionIdOf('claim', 0, digestOf('another token'));
    expect(availabilityAt(T0, current(), version(other, T0, 'BLINK_LOGOUT_CLAIM'))).toMatchObject({
      kind: 'claimable',
      attempt: 0,
    });
  });
});

describe('promise 1: a claimed token', () => {
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

  it('stays claimed, wherever the label is', () => {
    expect(availabilityAt(T0 + 1, current(), entry('claim', 0, T0))).toMatchObject({ kind: 'busy' });
  });

  it.each(['unspent', 'unanswered'] as const)('is free at once if the run released it: %s', (end) => {
    const state = stateAt(T0 + 2, current(), claim, entry(end, 0, T0 + 2));
    expect(state.availability).toEqual({ kind: 'claimable', attempt: 1, takesOver: false });
    expect(state.tokenMayBeLost).toBe(end === 'unanswered');
    expect(state.unreportedAttempts).toEqual([]);
  });

  it('is busy only because of its newest claim', () => {
    const earlier = [claim, entry('unspent', 0, T0 + 2)];
    expect(
      availabilityAt(T0 + 3 + CLAIM_LIFE_MS - 1, current(), ...earlier, entry('claim', 1, T0 + 3)),
    ).toMatchObject({ kind: 'busy' });
  });

  it('is not used for a while after Blink rejected the run', () => {
    const blocked = [claim, entry('cool_down', 0, T0 + 2)];
    expect(availabilityAt(T0 + 1 + REJECTED_MS, current(), ...blocked)).toEqual({
      kind: 'cooling_down',
      retryAfterSeconds: 1,
    });
    expect(availabilityAt(T0 + 2 + REJECTED_MS, current(), ...blocked)).toEqual({
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

describe('promise 5: runs that did not report their end', () => {
  /** Attempts one after the other, each older than a claim lives. */
  const claims = (count: number) =>
    Array.from({ length: count }, (_, attempt) => entry('claim', attempt, T0 + attempt * CLAIM_LIFE_MS));

  it('are taken over a bounded number of times', () => {
    const afterwardsMs = T0 + 10 * CLAIM_LIFE_MS;
    expect(stateAt(afterwardsMs, current(), ...claims(MAX_TAKEOVERS))).toMatchObject({
      availability: { kind: 'claimable', attempt: MAX_TAKEOVERS, takesOver: true },
      unreportedAttempts: [0, 1, 2],
      tokenMayBeLost: true,
    });
    expect(availabilityAt(afterwardsMs, current(), ...claims(MAX_TAKEOVERS + 1))).toEqual({
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
      availability: { kind: 'saved_not_current', versionId: versionIdOf('save', 0) },
      unreportedAttempts: [],
      tokenMayBeLost: false,
    });
  });

  it('lose to the newest of them that saved, in any order in which the saves become visible', () => {
    const journal = [
      entry('claim', 0, T0),
      entry('claim', 1, T0 + CLAIM_LIFE_MS),
      entry('save', 1, T0 + CLAIM_LIFE_MS + 1),
      entry('save', 0, T0 + CLAIM_LIFE_MS + 2),
    ];
    expect(availabilityAt(T0 + 3 * CLAIM_LIFE_MS, current(), ...journal)).toEqual({
      kind: 'saved_not_current',
      versionId: versionIdOf('save', 1),
    });
  });

  it('before the last end of a claim count as well', () => {
    const ended = version(
      entryVersionId({ token: TOKEN, attempt: 9, kind: 'unspent', unreported: MAX_TAKEOVERS }),
      T0,
    );
    expect(stateAt(T0 + 1, current(), ended)).toMatchObject({
      availability: { kind: 'claimable' },
      unreported: MAX_TAKEOVERS,
    });
    expect(availabilityAt(T0 + CLAIM_LIFE_MS + 1, current(), ended, entry('claim', 10, T0 + 1))).toEqual({
      kind: 'takeovers_exhausted',
    });
  });

  it('are found by the last text that they saved', () => {
    const copy = version(entryVersionId({ token: TOKEN, attempt: 0, kind: 'save', value: 1 }), T0 + 2);
    const journal = [entry('claim', 0, T0), copy, entry('save', 0, T0 + 1)];
    expect(availabilityAt(T0 + CLAIM_LIFE_MS, current(), ...journal)).toEqual({
      kind: 'saved_not_current',
      versionId: copy.versionId,
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
    kind: 'saved_not_current',
    versionId: saved.versionId,
  });
});

describe('a refused token', () => {
  it('is not tried again', () => {
    const journal = [entry('claim', 0, T0), entry('refused', 0, T0)];
    expect(availabilityAt(T0 + DAY_MS, current(), ...journal)).toEqual({ kind: 'refused', lost: false });
  });

  it('is not tried again where clocks date its refusal up to 5 s before the version', () => {
    const refusedAgo = (ms: number) => availabilityAt(T0, current(), entry('refused', 0, T0 - ms));
    expect(refusedAgo(5000)).toEqual({ kind: 'refused', lost: false });
    expect(refusedAgo(5001)).toMatchObject({ kind: 'claimable' });
  });

  it('was lost if its refusal records it, even if the rest of the journal is gone', () => {
    const refused = entry('refused, in doubt', 300, T0 + DAY_MS, 'BLINK_LOGOUT_CLAIM');
    expect(availabilityAt(T0 + 400 * DAY_MS, current(), refused)).toEqual({ kind: 'refused', lost: true });
  });

  it('has a successor all the same where a save surfaced late', () => {
    const journal = [entry('claim', 0, T0), entry('refused', 0, T0), entry('save', 0, T0 + 1)];
    expect(availabilityAt(T0 + DAY_MS, current(), ...journal)).toMatchObject({ kind: 'saved_not_current' });
  });

  it('can be tried again once a person has stored it again', () => {
    const journal = [entry('claim', 0, T0 - DAY_MS), entry('refused, in doubt', 0, T0 - DAY_MS)];
    expect(stateAt(T0, current(), ...journal)).toMatchObject({
      availability: { kind: 'claimable', attempt: 1 },
      tokenMayBeLost: true,
    });
  });
});

describe('promise 13: the journal has no end', () => {
  it.each([1, 255, 256, 100_000])('after %i attempts the next one follows the newest', (count) => {
    const newest = [entry('claim', count - 1, T0), entry('unspent', count - 1, T0 + 1, 'BLINK_LOGOUT_CLAIM')];
    expect(availabilityAt(T0 + 2, current(), ...newest)).toEqual({
      kind: 'claimable',
      attempt: count,
      takesOver: false,
    });
  });

  it('whichever of the entries before the newest are gone', () => {
    const all = Array.from({ length: 60 }, (_, attempt) => [
      entry('claim', attempt, T0 + attempt),
      entry('unspent', attempt, T0 + attempt),
    ]).flat();
    for (const gone of [1, 2, 3, 7]) {
      const left = all.filter((_, index) => index % gone !== 1 && index < all.length - 1);
      const seen = availabilityAt(T0 + 2 * DAY_MS, current(), ...left, ...all.slice(-1));
      expect(seen).toMatchObject({ kind: 'claimable', attempt: 60 });
    }
  });
});

describe('promise 10: a doubt', () => {
  it('is carried on by every end, so that its origin may be gone', () => {
    const newest = entry('unanswered', 40, T0 + DAY_MS, 'BLINK_LOGOUT_CLAIM');
    expect(stateAt(T0 + 2 * DAY_MS, current(), newest).tokenMayBeLost).toBe(true);
  });

  it('is not read into an old claim whose end Secrets Manager has removed', () => {
    const journal = [entry('claim', 3, T0), entry('claim', 7, T0 + 3 * DAY_MS)];
    expect(stateAt(T0 + 4 * DAY_MS, current(), ...journal)).toMatchObject({
      unreportedAttempts: [7],
      unreported: 1,
    });
  });
});

describe('promise 11: a refresh that may still be in flight', () => {
  it('keeps every run off for as long as a claim lives', () => {
    const journal = [entry('claim', 0, T0), entry('in_flight', 0, T0 + 8000)];
    expect(availabilityAt(T0 + CLAIM_LIFE_MS - 1, current(), ...journal)).toMatchObject({ kind: 'busy' });
    expect(stateAt(T0 + CLAIM_LIFE_MS, current(), ...journal)).toMatchObject({
      availability: { kind: 'claimable', attempt: 1, takesOver: false },
      unreported: 0,
      tokenMayBeLost: true,
    });
  });
});

describe('a cool-down', () => {
  const other = (atMs: number) =>
    version(
      entryVersionId({
        token: digestOf('another'),
        attempt: 0,
        kind: 'cool_down',
        value: 7200,
      }),
      atMs,
    );

  it('applies to any token of the session, for as long as Blink asked for', () => {
    expect(availabilityAt(T0 + 7_100_000, current(), other(T0 + 1000))).toEqual({
      kind: 'cooling_down',
      retryAfterSeconds: 101,
    });
  });

  it('lasts until the last of several ends', () => {
    const shorter = entry('cool_down', 0, T0 + 2000); // ten minutes
    for (const versions of [
      [other(T0), shorter],
      [shorter, other(T0)],
    ]) {
      expect(availabilityAt(T0 + 7_199_000, current(), ...versions)).toMatchObject({ kind: 'cooling_down' });
    }
  });

  it('holds where clocks date it less than 5 s before the sign-in that it followed', () => {
    expect(availabilityAt(T0 + 1000, current(), other(T0 - 4999))).toMatchObject({ kind: 'cooling_down' });
    expect(availabilityAt(T0 + 1000, current(), other(T0 - 5000))).toMatchObject({ kind: 'claimable' });
  });

  it('ends with a newer sign-in', () => {
    expect(availabilityAt(T0 + 1000, current(), other(T0 - 10_000))).toMatchObject({ kind: 'claimable' });
  });
});

test('where Blink kept the refresh token, the attempts that led to the current version are settled', () => {
  const saved = version(versionIdOf('save', 4), T0, 'AWSCURRENT');
  const journal = [entry('claim', 3, T0 - 9000), entry('claim', 4, T0 - 1000), entry('save', 3, T0 - 8000)];
  expect(stateAt(T0 + DAY_MS, saved, ...journal)).toMatchObject({
    availability: { kind: 'claimable', attempt: 5, takesOver: false },
    tokenMayBeLost: false,
  });
});

test('the claim of another release is respected while its run may live', () => {
  const claim = version('cb5f0982-0ecb-5d8d-8225-47b240932b45', T0, 'BLINK_LOGOUT_CLAIM');
  expect(availabilityAt(T0 + CLAIM_LIFE_MS - 1, current(), claim)).toMatchObject({ kind: 'busy' });
  expect(availabilityAt(T0 + CLAIM_LIFE_MS, current(), claim)).toMatchObject({ kind: 'claimable' });
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
      kind: 'saved_not_current',
    });
  });
});

test('promise 9: a logout is recent for five minutes to the millisecond, and never forgotten', () => {
  const marked = current('BLINK_LOGGED_OUT');
  expect(stateAt(T0 + 299_999, marked).loggedOut).toBe('recently');
  expect(stateAt(T0 + 300_000, marked).loggedOut).toBe('long_ago');
  expect(stateAt(T0 + 1, current()).loggedOut).toBe('never');
});

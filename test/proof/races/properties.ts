import { expect } from 'vitest';
import type { Spend } from '../models/blink-model.ts';
import { runScripted } from '../models/scripted-run.ts';
import { told, type World } from '../models/world.ts';
import type { Race } from './race.ts';

/** What a schedule came to, for the line of figures. */
export interface RaceFigures {
  readonly kills: number;
  /** By two runs while the first held its claim: none, or this is not reached. */
  readonly doubleSpends: number;
  /** Spent by a run that has let go, and presented by a later one, which cannot know. */
  readonly tokensTriedAgain: number;
  readonly tokensLost: number;
}

const LOST = 'reauthentication_required: lost_between_refresh_and_save';
const REFUSED = 'reauthentication_required: refused_by_blink';
const EXHAUSTED = 'reauthentication_required: takeovers_exhausted';

/** What must hold for every schedule. Runs the session once more, long after, and once again after a new sign-in. */
export async function expectPromisesKept(race: Race): Promise<RaceFigures> {
  const { world, runs } = race;
  expectSpentByOneRunAtATime(race);
  expectSignInsKept(world);
  expectLogoutsSaved(race);
  expectTrueMarks(world);

  await world.time.advance(10 * 60_000);
  const { end: next } = await runScripted(world, { id: 'the next run' });
  expect(['logged_out', 'already_logged_out', LOST, REFUSED, EXHAUSTED]).toContain(next);
  const lost = expectNewestTokenKept(race, next);
  expectSpentByOneRunAtATime(race);
  expectSignInsKept(world);
  expectTrueMarks(world);

  world.signIn();
  expect((await runScripted(world)).end).toBe('logged_out');
  expectTrueMarks(world);

  return {
    kills: runs.filter(({ end }) => end.kind === 'killed').length,
    doubleSpends: pairsOfSpends(world).filter((pair) => isUnderClaim(race, pair)).length,
    tokensTriedAgain: pairsOfSpends(world).length,
    tokensLost: lost ? 1 : 0,
  };
}

/** Pairs of requests that spent one token, in the order in which they were processed. */
function pairsOfSpends({ blink }: World): readonly (readonly [Spend, Spend])[] {
  return blink.spends.flatMap((later, index) =>
    blink.spends
      .slice(0, index)
      .filter(({ token }) => token === later.token)
      .map((earlier) => [earlier, later] as const),
  );
}

/** Promise 1, and of promise 5 that what a dead run saved is found before its token is spent again. */
function expectSpentByOneRunAtATime(race: Race): void {
  const { world } = race;
  for (const pair of pairsOfSpends(world)) {
    const [earlier, later] = pair;
    expect(isUnderClaim(race, pair), `${later.run} spent what ${earlier.run} had claimed`).toBe(false);
    const savedAtMs = savedVersion(world, earlier.issued)?.createdAtMs ?? Number.POSITIVE_INFINITY;
    expect(savedAtMs, `${later.run} spent what ${earlier.run} had exchanged and saved`).toBeGreaterThan(
      later.atMs,
    );
  }
}

function isUnderClaim({ runs }: Race, [earlier, later]: readonly [Spend, Spend]): boolean {
  if (later.sentAtMs < earlier.atMs) return true;
  if (later.run === earlier.run) return false;
  const letGoAtMs = runs.find(({ id }) => id === earlier.run)?.letGoAtMs ?? Number.POSITIVE_INFINITY;
  return later.atMs < letGoAtMs;
}

/** Promise 4: what is current never goes back to an earlier sign-in. */
function expectSignInsKept({ secret, blink }: World): void {
  const signIns = secret
    .currentTexts()
    .map((text) => blink.families.indexOf(blink.familyOf(refreshTokenOf(text))));
  expect(signIns).toEqual(signIns.toSorted((a, b) => a - b));
}

/** Promise 3: who logged out had saved before, and had made it current. */
function expectLogoutsSaved({ world, runs }: Race): void {
  for (const { accessToken, currentTexts } of world.blink.logouts) {
    expect(currentTexts.map(refreshTokenOf)).toContain(accessToken.replace('access-', ''));
  }
  for (const { id, end } of runs) {
    if (told(end) === 'logged_out') expect(world.blink.logouts.map(({ run }) => run)).toContain(id);
    if (told(end) === 'already_logged_out') expect(world.blink.logouts).not.toEqual([]);
  }
}

/** Only a session that was logged out is marked so. */
function expectTrueMarks({ secret, blink }: World): void {
  for (const { labels, text } of secret.versions()) {
    const token = labels.length === 0 ? undefined : refreshTokenOf(text);
    if (token === undefined) continue;
    const family = blink.familyOf(token);
    if (labels.includes('BLINK_LOGGED_OUT')) expect(family.loggedOut).toBe(true);
  }
}

/**
 * The newest token that Blink issued to the newest sign-in is current; or it never reached a run that lived to save it,
 * and then that run says so, or the next. Whether it was lost.
 */
function expectNewestTokenKept({ world, runs }: Race, next: string): boolean {
  const newest = world.blink.families.at(-1)?.newest;
  if (savedVersion(world, newest) !== undefined) {
    expect(refreshTokenOf(world.secret.current().text)).toBe(newest);
    return false;
  }
  const loser = world.blink.spends.find(({ issued }) => issued === newest)?.run;
  const end = runs.find(({ id }) => id === loser)?.end;
  expect(['killed', 'failed']).toContain(end?.kind);
  if (end !== undefined && told(end) === LOST) expect([LOST, REFUSED]).toContain(next);
  else expect([LOST, EXHAUSTED], `after ${runs.map((run) => told(run.end)).join(', ')}`).toContain(next);
  return true;
}

function savedVersion({ secret }: World, token: string | undefined) {
  return secret.versions().find(({ text }) => token !== undefined && refreshTokenOf(text) === token);
}

function refreshTokenOf(text: string): string | undefined {
  return /"refresh_token":"([^"]+)"/.exec(text)?.[1];
}

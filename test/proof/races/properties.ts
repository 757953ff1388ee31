import { expect } from 'vitest';
import type { Spend } from '../models/blink-model.ts';
import { runScripted } from '../models/scripted-run.ts';
import { told, type World } from '../models/world.ts';
import type { Race } from './race.ts';

/** The figures of a schedule. */
export interface RaceFigures {
  readonly kills: number;
  /** Tokens that two runs spent while the first held its claim, or after the first had saved the new one. */
  readonly doubleSpends: number;
  /** Spent by a run that has let go, and presented by a later one, which cannot know. */
  readonly tokensTriedAgain: number;
  readonly tokensLost: number;
  /** Tokens lost, of which neither the run that lost it nor the next one says so. */
  readonly silentLosses: number;
  /** Sessions that are busy long after the last run. */
  readonly stuckSessions: number;
}

/** No schedule may have any of these. */
export const NEVER = { doubleSpends: 0, silentLosses: 0, stuckSessions: 0 };

const LOST = 'reauthentication_required: lost_between_refresh_and_save';
const REFUSED = 'reauthentication_required: refused_by_blink';
/** After three claims without a report. */
const RESTS = 'cooling_down';
const BUSY = 'session_busy';
const DAY_MS = 24 * 60 * 60_000;

/**
 * What must hold for every schedule, apart from `NEVER`, which the caller compares. Runs the session once more, long after,
 * and once again after a new sign-in.
 */
export async function expectPromisesKept(race: Race): Promise<RaceFigures> {
  const { world, runs } = race;
  expectSignInsKept(world);
  expectLogoutsSaved(race);
  expectTrueMarks(world);

  await world.time.advance(10 * 60_000);
  const first = await runScripted(world, { id: 'the next run' });
  if (first.end === RESTS) await world.time.advance(DAY_MS);
  const next = first.end === RESTS ? (await runScripted(world, { id: 'a later run' })).end : first.end;
  expect(['logged_out', 'already_logged_out', 'nothing_to_log_out', LOST, REFUSED, BUSY]).toContain(next);
  const loss = next === BUSY ? 'none' : lossOfNewestToken(race, next);
  const doubleSpends = pairsOfSpends(world).filter((pair) => isDoubleSpend(race, pair)).length;
  const tokensTriedAgain = pairsOfSpends(world).length;
  expectSignInsKept(world);
  expectTrueMarks(world);

  world.signIn();
  const { end: afterSignIn } = await runScripted(world);
  expect(['logged_out', BUSY]).toContain(afterSignIn);
  expectTrueMarks(world);

  return {
    kills: runs.filter(({ end }) => end.kind === 'killed').length,
    doubleSpends,
    tokensTriedAgain,
    tokensLost: loss === 'none' ? 0 : 1,
    silentLosses: loss === 'silent' ? 1 : 0,
    stuckSessions: next === BUSY || afterSignIn === BUSY ? 1 : 0,
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

/** Breaks promise 1, or the part of promise 5 that a dead run's save is found before its token is spent again. */
function isDoubleSpend(race: Race, pair: readonly [Spend, Spend]): boolean {
  const [earlier, later] = pair;
  const savedAtMs = savedVersion(race.world, earlier.issued)?.createdAtMs ?? Number.POSITIVE_INFINITY;
  return isUnderClaim(race, pair) || savedAtMs <= later.atMs;
}

function isUnderClaim({ runs }: Race, [earlier, later]: readonly [Spend, Spend]): boolean {
  if (later.sentAtMs < earlier.atMs) return true;
  if (later.run === earlier.run) return false;
  const letGoAtMs = runs.find(({ id }) => id === earlier.run)?.letGoAtMs ?? Number.POSITIVE_INFINITY;
  return later.atMs < letGoAtMs;
}

/** Promise 4: the current version never belongs to an earlier sign-in than the one before. */
function expectSignInsKept({ secret, blink }: World): void {
  const signIns = secret
    .currentTexts()
    .map((text) => blink.families.indexOf(blink.familyOf(refreshTokenOf(text))));
  expect(signIns).toEqual(signIns.toSorted((a, b) => a - b));
}

/** Promise 3: a run logs out only after its new token was saved and made current. */
function expectLogoutsSaved({ world, runs }: Race): void {
  for (const { accessToken, currentTexts } of world.blink.logouts) {
    expect(currentTexts.map(refreshTokenOf)).toContain(accessToken.replace('access-', ''));
  }
  for (const { id, end } of runs) {
    if (told(end) === 'logged_out') expect(world.blink.logouts.map(({ run }) => run)).toContain(id);
    if (/^(already_logged_out|nothing_to_log_out)$/.test(told(end)))
      expect(world.blink.logouts).not.toEqual([]);
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
 * and then that run says so, or the next.
 */
function lossOfNewestToken({ world, runs }: Race, next: string): 'none' | 'told' | 'silent' {
  const newest = world.blink.families.at(-1)?.newest;
  if (savedVersion(world, newest) !== undefined) {
    return refreshTokenOf(world.secret.current().text) === newest ? 'none' : 'silent';
  }
  const loser = world.blink.spends.find(({ issued }) => issued === newest)?.run;
  const end = runs.find(({ id }) => id === loser)?.end;
  const isTold = end?.kind === 'failed' && told(end) === LOST && [LOST, REFUSED].includes(next);
  return isTold || next === LOST ? 'told' : 'silent';
}

function savedVersion({ secret }: World, token: string | undefined) {
  return secret.versions().find(({ text }) => token !== undefined && refreshTokenOf(text) === token);
}

function refreshTokenOf(text: string): string | undefined {
  return /"refresh_token":"([^"]+)"/.exec(text)?.[1];
}

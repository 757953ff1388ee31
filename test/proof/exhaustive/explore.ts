import { hash } from 'node:crypto';

/** Which of so many choices is taken in this state; `undefined` where all that can follow is known already. */
export type Choose = (choices: number, state: string) => number | undefined;

export interface Explored {
  /** Played from the beginning. */
  readonly schedules: number;
  /** All orders of the choices: the paths from the first state to an end. */
  readonly interleavings: number;
  /** Whether time was up before all were played; the orders are then those that were covered. */
  readonly isCutShort: boolean;
}

interface Fork {
  readonly state: string;
  readonly choices: number;
  taken: number;
  paths: number;
}

/**
 * Plays every order of choices, the depth first, each time from the beginning. Where a play comes to a state from which all
 * has been played, it ends, and the paths from there are added up: so the orders are counted that were not played.
 * @param play must choose the same way each time that the choices before were the same
 */
export async function explore(
  play: (choose: Choose) => Promise<'counts' | 'counts not'>,
  isTimeUp = () => false,
): Promise<Explored> {
  const pathsFrom = new Map<string, number>();
  const forks: Fork[] = [];
  let schedules = 0;
  let isCutShort = false;
  for (;;) {
    let depth = 0;
    let known: number | undefined;
    const end = await play((choices, told) => {
      const state = hash('sha1', told, 'base64');
      const fork = forks[depth];
      if (fork !== undefined) {
        if (fork.state !== state || fork.choices !== choices) throw new Error('a play cannot be repeated');
        depth += 1;
        return fork.taken;
      }
      known = pathsFrom.get(state);
      if (known !== undefined) return undefined;
      forks.push({ state, choices, taken: 0, paths: 0 });
      depth += 1;
      return 0;
    });
    let paths = known ?? Number(end === 'counts');
    schedules += 1;
    for (;;) {
      const last = forks.at(-1);
      if (last === undefined) return { schedules, interleavings: paths, isCutShort };
      last.paths += paths;
      last.taken += 1;
      isCutShort ||= last.taken < last.choices && isTimeUp();
      if (last.taken < last.choices && !isCutShort) break;
      forks.pop();
      paths = last.paths;
      pathsFrom.set(last.state, paths);
    }
  }
}

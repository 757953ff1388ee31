import { hash } from 'node:crypto';

/** Takes one of so many choices in this state; `undefined` if everything that can follow is known already. */
export type Choose = (choices: number, state: () => string) => number | undefined;

export interface Explored {
  /** The plays, each from the beginning. */
  readonly schedules: number;
  /** The paths from the first state to an end that counts, whether they were played or pruned. */
  readonly interleavings: number;
  /** Whether the time was up before every path was covered. The interleavings are then those that were. */
  readonly isCutShort: boolean;
}

interface Fork {
  readonly state: string;
  readonly choices: number;
  taken: number;
  paths: number;
}

/**
 * Plays every order of choices, depth first, each time from the beginning. A play stops in a state from which everything
 * has been played. The paths from that state are added, so the orders that were pruned are counted too.
 * @param play must make the same choices possible whenever the choices before were the same
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
    const end = await play((choices, stateText) => {
      const fork = forks[depth];
      const state = () => hash('sha1', stateText(), 'base64');
      if (fork !== undefined) {
        depth += 1;
        const isSame = fork.choices === choices && (depth < forks.length || fork.state === state());
        if (!isSame) throw new Error('the play cannot be repeated');
        return fork.taken;
      }
      const reached = state();
      known = pathsFrom.get(reached);
      if (known !== undefined) return undefined;
      forks.push({ state: reached, choices, taken: 0, paths: 0 });
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

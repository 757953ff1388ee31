import { duration } from '../terminal/duration.ts';
import type { Progress } from './execution.ts';

const WIDTH = 20;

/** Such as `█████░░░░░ 12 done, 1 failed, 37 to come, 2 minutes left`. */
export function progressBar(
  { succeeded, failures }: Pick<Progress, 'succeeded' | 'failures'>,
  total: number,
  elapsedMs: number,
): string {
  const ended = succeeded + failures.length;
  // Sessions may have been added since they were counted.
  const toCome = Math.max(0, total - ended);
  const filled = Math.round((WIDTH * ended) / Math.max(1, ended + toCome));
  const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
  const left = ended === 0 || toCome === 0 ? '' : `, ${duration((elapsedMs / ended) * toCome)} left`;
  return `${bar} ${succeeded} done, ${failures.length} failed, ${toCome} to come${left}`;
}

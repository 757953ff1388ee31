import type { Option } from 'commander';
import { UsageError } from './errors/command-error.ts';
import { commandLine } from './launcher.ts';

/** These change nothing, so that they may run with an account that was not meant. */
const ONLY_READ: readonly (string | undefined)[] = [undefined, 'help', 'check', 'list', 'doctor'];

/** @param script of package.json */
export function isRunByNpm(script: string, env: NodeJS.ProcessEnv): boolean {
  return env['npm_lifecycle_script'] === script;
}

/**
 * The options that npm has kept for itself, by name, as they are to be typed. It passes on only what follows `--`, and of an
 * option before it perhaps the value.
 */
export function keptByNpm(options: readonly Option[], env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const kept = new Map<string, string>();
  for (const { long, required } of options) {
    const value = long && env[`npm_config_${long.slice(2).replaceAll('-', '_')}`];
    if (long && value) kept.set(long, required ? `${long} ${value === 'true' ? '…' : shown(value)}` : long);
  }
  return kept;
}

/**
 * Throws a UsageError if npm has kept options for itself. `--local` leaves no trace: npm takes it for its own `--local-address`,
 * without the address that this needs.
 * @param argv what npm has passed on
 * @param options all options of all commands
 */
export function refuseOptionsKeptByNpm(
  argv: readonly string[],
  options: readonly Option[],
  env: NodeJS.ProcessEnv,
): void {
  const kept = keptByNpm(options, env);
  const hasAll =
    kept.size === 0 && (ONLY_READ.includes(argv[0]) || argv.some((word) => word.startsWith('-')));
  if (hasAll) return;
  const words = [...argv.map(shown), ...kept.values()];
  throw new UsageError(
    kept.size > 0
      ? `npm kept ${[...kept.keys()].join(' and ')} for itself. Nothing was done.`
      : 'npm may have kept the option --local for itself. Nothing was done.',
    [`Run: ${commandLine(...words)}`, `For the local run: ${commandLine(...words, '--local')}`],
  );
}

/** A secret may have been typed in the wrong place. */
function shown(word: string): string {
  return /^[\w.:/-]{1,40}$/.test(word) ? word : '…';
}

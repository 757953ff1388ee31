import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { HIGHEST_FIRST_PORT, SERVE_PORT } from '../local/local-ports.ts';
import { runLocally } from '../local/run-locally.ts';
import packageJson from '../package.json' with { type: 'json' };
import { isRunByNpm, keptByNpm } from './session/run-by-npm.ts';

interface Options {
  readonly serve: boolean;
  readonly verbose: boolean;
  readonly port?: number;
}

const FAILED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

const program = new Command('npm start --')
  .description('Runs the function on this machine, without an AWS account and without a Blink account.')
  .version(packageJson.version)
  .option('--serve', 'keep listening, and show each run of the function and each request to Blink', false)
  .option(
    '--port <n>',
    `port of the webhook; Secrets Manager listens on n+1, Blink on n+2, Lambda on n+3 (default: ${SERVE_PORT} with --serve, otherwise free ports)`,
    parsePort,
  )
  .option('--verbose', 'show everything that each run prints', false)
  .allowExcessArguments(false)
  .showHelpAfterError()
  .exitOverride();

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= HIGHEST_FIRST_PORT) return port;
  throw new InvalidArgumentError(`A port is a whole number from 1 to ${HIGHEST_FIRST_PORT}.`);
}

function refuseOptionsKeptByNpm({ argv, env }: NodeJS.Process): void {
  const kept = keptByNpm(program.options, env);
  if (!isRunByNpm('node bin/local.ts', env) || kept.size === 0) return;
  const options = [...argv.slice(2).filter((word) => word.startsWith('-')), ...kept.values()];
  program.error(
    `npm kept ${[...kept.keys()].join(' and ')} for itself. Run: npm start -- ${options.join(' ')}`,
  );
}

async function main(): Promise<number> {
  refuseOptionsKeptByNpm(process);
  const { serve, verbose, port = serve ? SERVE_PORT : undefined } = program.parse().opts<Options>();
  const stop = new AbortController();
  // npm may pass on a signal that the terminal has sent already: a second one must not end the clean-up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  // The reader may close the pipe: `npm start | head`.
  process.stdout.on('error', () => stop.abort());
  const ok = await runLocally({ serve, verbose, ...(port !== undefined && { port }), signal: stop.signal });
  if (stop.signal.aborted) return INTERRUPTED;
  return ok ? 0 : FAILED;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (process.exitCode === FAILED) console.error(error instanceof Error ? error.message : error);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  return error instanceof Error && error.name === 'AbortError' ? INTERRUPTED : FAILED;
}

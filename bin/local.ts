import { parseArgs } from 'node:util';
import { SERVE_PORT } from '../lib/local/local-ports.ts';
import { runLocally } from '../lib/local/run-locally.ts';

const USAGE = `npm start -- [--serve] [--port N] [--verbose]

Does the main job on this machine, without an AWS account and without a Blink account.

  --serve     go on listening, and show each run
  --port N    the webhook's port; N+1 is Secrets Manager's, N+2 Blink's, N+3 Lambda's (with --serve: ${SERVE_PORT}, else free ones)
  --verbose   show all that each run prints
  --help      this text
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      serve: { type: 'boolean', default: false },
      port: { type: 'string' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const { serve, verbose } = values;
  const port = values.port === undefined ? (serve ? SERVE_PORT : undefined) : parsePort(values.port);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return (await runLocally({ serve, verbose, ...(port !== undefined && { port }), signal: stop.signal }))
    ? 0
    : 1;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_532) return port;
  throw new Error(`--port was given as ${text}; accepted is a whole number from 1 to 65532`);
}

// Whoever reads may stop reading: `npm start | head`.
process.stdout.on('error', () => process.exit(1));

try {
  process.exitCode = await main();
} catch (error) {
  const interrupted = error instanceof Error && error.name === 'AbortError';
  if (!interrupted) console.error(error instanceof Error ? error.message : error);
  process.exitCode = interrupted ? 130 : 1;
}

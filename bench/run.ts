import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildVariants } from './build-variants.ts';
import { createCertificate } from './certificate.ts';
import { measure } from './measurements.ts';
import { withResults } from './page.ts';
import { plot } from './plot.ts';
import { results } from './results.ts';
import { StandIns } from './stand-ins.ts';
import { noise } from './targets.ts';

/** Fewer rounds than this show that the benchmark works, and are not written down. */
const ROUNDS_THAT_COUNT = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '40' },
    calls: { type: 'string', default: '2000' },
  },
});
const rounds = Number(values.rounds);
const warmCalls = Number(values.calls);

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'blink-logout-bench-'));
const certificate = await createCertificate(directory);
const variants = await buildVariants(directory);
const standIns = await StandIns.start(certificate);
try {
  const measurements = await measure(variants, standIns, certificate.file, {
    rounds,
    warmCalls,
    onRound: (round) => process.stderr.write(`round ${round} of ${rounds}\n`),
  });
  const found = results(measurements, rounds, warmCalls);
  process.stdout.write(`${found}\n`);

  const strayed = noise(measurements);
  if (strayed.length > 0) {
    process.stderr.write(`void, the machine was too busy: ${strayed.join('; ')}\n`);
    process.exitCode = 1;
  } else if (rounds >= ROUNDS_THAT_COUNT) {
    const page = join(docs, 'performance.md');
    await writeFile(page, withResults(await readFile(page, 'utf8'), found));
    await writeFile(join(docs, 'performance.svg'), plot(measurements));
  }
} finally {
  standIns.stop();
  await rm(directory, { recursive: true });
}

import { mkdtemp, rm } from 'node:fs/promises';
import { arch, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings } from '../lib/settings.ts';
import { BUILDS, buildAll } from './builds.ts';
import { createCertificate } from './certificate.ts';
import { DELAYS, type Delays } from './network.ts';
import { noise, resultsTable, type Samples, samplesText } from './results.ts';
import { takeSample } from './sample.ts';
import { startStandIns } from './stand-ins.ts';
import { shuffled } from './statistics.ts';

/** One sample of each build a round. */
export async function measure(rounds: number, delays: Delays, memoryMb: number): Promise<Samples> {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-bench-'));
  try {
    const certificate = await createCertificate(directory);
    const files = await buildAll(directory);
    const standIns = await startStandIns(certificate, delays);
    const samples: Samples = { this: [], control: [], baseline: [] };
    for (let round = 1; round <= rounds; round++) {
      for (const build of shuffled(BUILDS)) {
        samples[build].push(await takeSample(files[build], standIns, certificate.file, memoryMb));
      }
      process.stderr.write(`round ${round} of ${rounds}\n`);
    }
    standIns.stop();
    return samples;
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '20' }, fleet: { type: 'boolean', default: false } },
  });
  if (values.fleet) {
    const { benchFleet } = await import('./fleet.ts');
    return benchFleet();
  }
  const rounds = Number(values.rounds);
  if (!(rounds >= 1)) throw new RangeError(`--rounds is ${values.rounds}; expected 1 or more`);
  const { memoryMb } = readSettings({});
  const samples = await measure(rounds, DELAYS, memoryMb);
  const [processor] = cpus();
  process.stdout.write(`${samplesText(memoryMb)}
Node ${process.versions.node}, ${cpus().length} cores ${arch()} (${processor?.model ?? 'unknown'}); ${rounds} rounds, medians (minima).

${resultsTable(samples)}
`);
  const differences = noise(samples);
  if (differences.length > 0) {
    process.stderr.write(`Void, the machine was too busy: ${differences.join('; ')}\n`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main();

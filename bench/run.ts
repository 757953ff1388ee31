import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCertificate } from './certificate.ts';
import { measureCpu } from './cpu.ts';
import { cpuShares } from './cpu-share.ts';
import { cpuTable, profileTable } from './cpu-table.ts';
import { readOptions } from './options.ts';
import { withPart } from './page.ts';
import { StandIns } from './stand-ins.ts';
import { noise, type Results, targetsTable } from './targets.ts';
import { timelineSvg } from './timeline.ts';
import { buildVariants } from './variants.ts';
import { measureWait } from './wait.ts';
import { delaysText, ruleOf, summary, waitTable } from './wait-table.ts';

const { rounds, warmCalls, memoriesMb, usualMb, delays } = readOptions(process.argv.slice(2));
/** Only complete runs are written to the page. */
const isComplete = rounds >= 20 && warmCalls >= 1_000 && memoriesMb.length >= 5;

const docs = fileURLToPath(new URL('../docs', import.meta.url));
const directory = await mkdtemp(join(tmpdir(), 'blink-logout-bench-'));
const shares = cpuShares();
try {
  const certificate = await createCertificate(directory);
  const variants = await buildVariants(directory);

  const far = await StandIns.start(certificate, delays);
  const machine = { standIns: far, certificateFile: certificate.file, shares };
  const wait = await measureWait(variants, machine, { memoriesMb, usualMb, rounds });
  far.stop();

  const near = await StandIns.start(certificate);
  const cpu = await measureCpu(variants, { ...machine, standIns: near }, { rounds, warmCalls });
  near.stop();

  const results: Results = { wait, cpu, usualMb, delays };
  const [processor] = cpus();
  const setting = `Node ${process.versions.node}, ${cpus().length} cores ${arch()} (${processor?.model ?? 'unknown'}); ${rounds} rounds, medians (minima).`;
  const parts = {
    summary: summary(wait, usualMb, delays),
    wait: [
      `${delaysText(delays)}. ${shares.how}. ${setting}`,
      waitTable(wait, delays),
      ruleOf(wait),
      targetsTable(results),
    ].join('\n\n'),
    CPU: [`${setting} ${warmCalls} warm calls of each build.`, cpuTable(cpu), profileTable(cpu)].join('\n\n'),
  };
  process.stdout.write(`${Object.values(parts).join('\n\n')}\n`);

  const differences = noise(results);
  if (differences.length > 0) {
    process.stderr.write(`void, the machine was too busy: ${differences.join('; ')}\n`);
    process.exitCode = 1;
  } else if (isComplete) {
    const page = join(docs, 'performance.md');
    const before = await readFile(page, 'utf8');
    await writeFile(
      page,
      Object.entries(parts).reduce((text, [part, found]) => withPart(text, part, found), before),
    );
    await writeFile(
      join(docs, 'performance.svg'),
      timelineSvg({ 'this build': wait.timelines.this, baseline: wait.timelines.baseline }),
    );
  }
} finally {
  await rm(directory, { recursive: true });
}

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bySignals, cpuShares } from '../../bench/cpu-share.ts';

/** User and system time, in clock ticks of 10 ms (proc(5), /proc/[pid]/stat). */
async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

test.each([
  ['signals', bySignals],
  ['what this machine allows', cpuShares()],
])('by %s, a process at 177 MB gets about a tenth of a processor', async (_how, shares) => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const limited = shares.limit(pid, 177);
  const { file, text } = limited.shareFile ?? {};
  const { writeFile } = await import('node:fs/promises');
  if (file !== undefined && text !== undefined) await writeFile(file, text);
  limited.initialised();
  await setTimeout(100);
  const before = await cpuMs(pid);
  await setTimeout(800);
  expect((await cpuMs(pid)) - before).toBeLessThan(250);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  limited.release();
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { limitCpu } from '../../bench/cpu-share.ts';

/** User and system time, in clock ticks of 10 ms (proc(5), /proc/[pid]/stat). */
async function cpuMs(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

test('a process at 177 MB gets about a tenth of a processor, where control groups may be made', async ({
  skip,
}) => {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  const limited = limitCpu(pid, 177);
  try {
    if (limited === undefined) return skip();
    await writeFile(limited.file, limited.text);
    await setTimeout(100);
    const before = await cpuMs(pid);
    await setTimeout(800);
    expect((await cpuMs(pid)) - before).toBeLessThan(250);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
    limited?.release();
  }
});

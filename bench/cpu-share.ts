import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** "At 1,769 MB, a function has the equivalent of one vCPU" (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const MB_PER_VCPU = 1_769;
const PERIOD_MICROS = 20_000;

/** The two versions of the kernel's control groups: the file of the quota, and its text. */
const VERSIONS = [
  {
    root: '/sys/fs/cgroup',
    file: 'cpu.max',
    text: (micros: number | undefined) => `${micros ?? 'max'} ${PERIOD_MICROS}`,
  },
  {
    root: '/sys/fs/cgroup/cpu',
    file: 'cpu.cfs_quota_us',
    text: (micros: number | undefined) => String(micros ?? -1),
  },
];

export interface LimitedProcess {
  /** The process writes the text once it is initialised, and has its share from then on. Lambda initialises at full speed. */
  readonly file: string;
  readonly text: string;
  /** Call it when the process has ended. */
  release(): void;
}

/** Gives a process the share of a processor that a function of this memory has. `undefined` without a right to control groups. */
export function limitCpu(pid: number, memoryMb: number): LimitedProcess | undefined {
  for (const { root, file, text } of VERSIONS) {
    const directory = join(root, `blink-logout-bench-${pid}`);
    try {
      mkdirSync(directory);
    } catch {
      continue;
    }
    const quota = join(directory, file);
    const release = () => rmdirSync(directory);
    // The kernel creates the files of a group. A directory of another file system stays empty.
    if (!existsSync(quota)) {
      release();
      continue;
    }
    const period = join(directory, 'cpu.cfs_period_us');
    if (existsSync(period)) writeFileSync(period, String(PERIOD_MICROS));
    writeFileSync(quota, text(undefined));
    writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    return { file: quota, text: text(Math.round((PERIOD_MICROS * memoryMb) / MB_PER_VCPU)), release };
  }
  return undefined;
}

import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** "At 1,769 MB, a function has the equivalent of one vCPU" (AWS Lambda Developer Guide, "Configure Lambda function memory"). */
const MB_PER_VCPU = 1_769;
const PERIOD_MS = 20;

/** The process writes this once it is initialised, and has its share from then on. Lambda initialises at full speed. */
export interface ShareFile {
  readonly file: string;
  readonly text: string;
}

export interface LimitedProcess {
  /** Absent if the parent limits the process, when `initialised` is called. */
  readonly shareFile?: ShareFile;
  initialised(): void;
  /** Call it when the process has ended. */
  release(): void;
}

export interface CpuShares {
  /** For the results. */
  readonly how: string;
  limit(pid: number, memoryMb: number): LimitedProcess;
}

export function cpuShares(): CpuShares {
  return cgroup('/sys/fs/cgroup', quotaV2) ?? cgroup('/sys/fs/cgroup/cpu', quotaV1) ?? bySignals;
}

type Quota = (directory: string, shareOfPeriod: number | 'all') => ShareFile;

const quotaV2: Quota = (directory, share) => ({
  file: join(directory, 'cpu.max'),
  text: `${share === 'all' ? 'max' : micros(share)} ${micros(1)}`,
});

const quotaV1: Quota = (directory, share) => ({
  file: join(directory, 'cpu.cfs_quota_us'),
  text: String(share === 'all' ? -1 : micros(share)),
});

/** `undefined` if this process may not create a group. */
function cgroup(root: string, quota: Quota): CpuShares | undefined {
  const directory = join(root, `blink-logout-bench-${process.pid}`);
  const write = ({ file, text }: ShareFile) => writeFileSync(file, text);
  try {
    mkdirSync(directory);
  } catch {
    return undefined;
  }
  // The kernel creates the files of a group. A directory of another file system stays empty.
  const isGroup = existsSync(quota(directory, 1).file);
  rmdirSync(directory);
  if (!isGroup) return undefined;
  return {
    how: `CPU share by cgroup quota in periods of ${PERIOD_MS} ms`,
    limit(pid, memoryMb) {
      mkdirSync(directory);
      const period = join(directory, 'cpu.cfs_period_us');
      if (existsSync(period)) write({ file: period, text: String(micros(1)) });
      write(quota(directory, 'all'));
      write({ file: join(directory, 'cgroup.procs'), text: String(pid) });
      return {
        shareFile: quota(directory, shareOf(memoryMb)),
        initialised: () => undefined,
        release: () => rmdirSync(directory),
      };
    },
  };
}

export const bySignals: CpuShares = {
  how: `CPU share by SIGSTOP and SIGCONT in periods of ${PERIOD_MS} ms`,
  limit(pid, memoryMb) {
    const runsMs = PERIOD_MS * shareOf(memoryMb);
    let periods: NodeJS.Timeout | undefined;
    let stop: NodeJS.Timeout | undefined;
    const startPeriod = () => {
      process.kill(pid, 'SIGCONT');
      stop = setTimeout(() => process.kill(pid, 'SIGSTOP'), runsMs);
    };
    return {
      initialised() {
        if (runsMs >= PERIOD_MS) return;
        startPeriod();
        periods = setInterval(startPeriod, PERIOD_MS);
      },
      release() {
        clearInterval(periods);
        clearTimeout(stop);
      },
    };
  },
};

function shareOf(memoryMb: number): number {
  return memoryMb / MB_PER_VCPU;
}

function micros(periods: number): number {
  return Math.round(periods * PERIOD_MS * 1_000);
}

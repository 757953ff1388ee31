import { isReadable, isUsable, readSessions, type SessionEntry } from '../session-entries.ts';
import type { Target } from '../target.ts';
import { type Check, type CheckResult, runCheck } from './check.ts';
import { deployedChecks } from './deployed-checks.ts';
import { type DeployedStack, readStack } from './deployed-stack.ts';
import { localChecks } from './local-checks.ts';
import { examineSessions } from './sessions-check.ts';
import { examineStack } from './stack-check.ts';

/** Runs all checks of the deployment, or of the local run. A check that fails does not prevent the others. */
export async function examine(target: Target): Promise<readonly CheckResult[]> {
  let entries: readonly SessionEntry[] = [];
  const sessionsFound = await runCheck(
    {
      name: 'sessions',
      async look() {
        entries = await readSessions(target);
        return examineSessions(entries, target);
      },
    },
    target,
  );
  const usable = entries.find(isUsable);
  const sessions = { usable: usable?.session, readable: (usable ?? entries.find(isReadable))?.session };
  const runAll = (checks: readonly Check[]) => Promise.all(checks.map((check) => runCheck(check, target)));

  const { place } = target;
  if (place.kind === 'local')
    return [...(await runAll(localChecks(target, place.ports, sessions))), sessionsFound];

  let stack: DeployedStack | undefined;
  const stackFound = await runCheck(
    {
      name: 'stack',
      async look() {
        stack = await readStack(target);
        return examineStack(target, stack);
      },
    },
    target,
  );
  if (stack === undefined) return [stackFound, sessionsFound];
  return [stackFound, ...(await runAll(deployedChecks(target, stack, sessions))), sessionsFound];
}

import { explain } from '../errors/explain.ts';
import { isReadable, readSessions } from '../session-entries.ts';
import type { Target } from '../target.ts';
import { examineAlarms, examineMail } from './alarms.ts';
import { type CheckResult, type Finding, notOk } from './check.ts';
import { type DeployedStack, examineStack, readStack } from './deployed-stack.ts';
import { examineFunction } from './function.ts';
import { examineLastRun, examineSchedule, readSchedule } from './runs.ts';
import { examineEncryption, examineSessions } from './sessions.ts';
import { examineWebhook, type Webhook } from './webhook.ts';

type Checks = Readonly<Record<string, () => Promise<Finding>>>;

/** Runs all checks of the deployment, or of the local run. A check that fails does not prevent the others. */
export async function examine(target: Target): Promise<readonly CheckResult[]> {
  const checks = Object.entries(await checksOf(target));
  return Promise.all(
    checks.map(async ([check, look]) => ({ check, ...(await look().catch(faultIn(target))) })),
  );
}

async function checksOf(target: Target): Promise<Checks> {
  const reading = readSessions(target);
  // What cannot be read is told by the check of its name.
  const readable = (await reading.catch(() => [])).find(isReadable)?.session;
  const calls = (webhook: Webhook): Checks => ({
    function: () => examineFunction(target, readable),
    webhook: () => examineWebhook(target, webhook, readable),
  });
  const sessions = async () => examineSessions(target, await reading);
  if (target.local !== undefined) {
    return { ...calls({ url: target.local.urls.httpApi, auth: 'key' }), sessions };
  }
  const stack = readStack(target);
  const deployed = await stack.catch(() => undefined);
  return {
    stack: async () => examineStack(await stack),
    ...(deployed && { ...calls(deployed.webhook), ...ofStack(target, deployed) }),
    sessions,
  };
}

function ofStack(target: Target, stack: DeployedStack): Checks {
  const schedule = readSchedule(target, stack);
  return {
    schedule: async () => examineSchedule(await schedule),
    mail: () => examineMail(target, stack),
    alarms: () => examineAlarms(target, stack),
    key: () => examineEncryption(target),
    'last run': async () => examineLastRun(target, stack, await schedule.catch(() => undefined)),
  };
}

function faultIn(target: Target) {
  return async (error: unknown): Promise<Finding> => {
    const { message, advice } = await explain(error, target, '');
    return notOk(message, ...advice);
  };
}

import { explain } from '../errors/explain.ts';
import { isReadable, isUsable, readSessions } from '../session-entries.ts';
import type { Target } from '../target.ts';
import { examineAlarms, examineMail } from './alarms.ts';
import { type CheckResult, type Finding, notOk } from './check.ts';
import { type DeployedStack, examineStack, readStack } from './deployed-stack.ts';
import { examineFunction } from './function.ts';
import { examineLastRun, examineSchedule, readSchedule } from './runs.ts';
import { examineEncryption, examineSessions } from './sessions.ts';
import { examineWebhook, type Webhook } from './webhook.ts';

type Checks = readonly (readonly [name: string, look: () => Promise<Finding>])[];

/** Runs all checks of the deployment, or of the local run. A check that fails does not prevent the others. */
export async function examine(target: Target): Promise<readonly CheckResult[]> {
  const { place } = target;
  const sessions = readSessions(target);
  // What cannot be read is told by the check of its name.
  const entries = await sessions.catch(() => []);
  const usable = entries.find(isUsable)?.session;
  const readable = usable ?? entries.find(isReadable)?.session;
  const ofFunction = (webhook: Webhook): Checks => [
    ['function', () => examineFunction(target, readable)],
    ['webhook', () => examineWebhook(target, webhook, usable)],
  ];
  const ofSessions: Checks = [['sessions', async () => examineSessions(target, await sessions)]];
  if (place.kind === 'local') {
    const webhook = { url: place.urls.httpApi, auth: 'key' };
    return runAll(target, [...ofFunction(webhook), ...ofSessions]);
  }
  const stack = readStack(target);
  const deployed = await stack.catch(() => undefined);
  return runAll(target, [
    ['stack', async () => examineStack(await stack)],
    ...(deployed === undefined
      ? []
      : [...ofFunction(await deployedWebhook(target, deployed)), ...ofRuns(target, deployed)]),
    ...ofSessions,
  ]);
}

function ofRuns(target: Target, stack: DeployedStack): Checks {
  const schedule = readSchedule(target, stack);
  return [
    ['schedule', async () => examineSchedule(await schedule)],
    ['mail', () => examineMail(target, stack)],
    ['alarms', () => examineAlarms(target, stack)],
    ['key', () => examineEncryption(target)],
    ['last run', async () => examineLastRun(target, stack, await schedule.catch(() => undefined))],
  ];
}

async function deployedWebhook({ clientConfig }: Target, stack: DeployedStack): Promise<Webhook> {
  const region = await clientConfig.region();
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const [apiId] = stack.ids('AWS::ApiGatewayV2::Api', 'Webhook');
  return {
    url: `https://${apiId}.execute-api.${region}.${domain}`,
    auth: stack.webhookAuth,
  };
}

/** One fault may fail several checks, as when no Region is set. The first of them says what to do. */
async function runAll(target: Target, checks: Checks): Promise<readonly CheckResult[]> {
  const results = await Promise.all(
    checks.map(async ([check, look]) => ({
      check,
      ...(await look().catch((error) => faultOf(error, target))),
    })),
  );
  return results.map((result, index) => {
    const isTold = results.slice(0, index).some(({ message }) => message === result.message);
    return isTold ? { ...result, advice: [] } : result;
  });
}

async function faultOf(error: unknown, target: Target): Promise<Finding> {
  const { message, advice } = await explain(error, target, '');
  return notOk(message, ...advice);
}

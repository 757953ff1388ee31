import type { LocalPorts } from '../../../local/local-ports.ts';
import { isReadable, isUsable, readSessions, type SessionEntry } from '../session-entries.ts';
import type { Target } from '../target.ts';
import { examineAlarms, examineMail } from './alarms.ts';
import { type CheckResult, type Finding, runCheck } from './check.ts';
import { type DeployedStack, examineStack, readStack } from './deployed-stack.ts';
import { examineEncryption } from './encryption.ts';
import { examineFunction, faultOf } from './function.ts';
import { examineLastRun } from './last-run.ts';
import { examineSchedule, readSchedule } from './schedule.ts';
import { examineSessions } from './sessions.ts';
import { examineWebhook } from './webhook.ts';

type Checks = readonly (readonly [name: string, look: () => Finding | Promise<Finding>])[];

/** Runs all checks of the deployment, or of the local run. A check that fails does not prevent the others. */
export async function examine(target: Target): Promise<readonly CheckResult[]> {
  let entries: readonly SessionEntry[] = [];
  const sessions = await runCheck(target, 'sessions', async () => {
    entries = await readSessions(target);
    return examineSessions(entries, target);
  });
  const { place } = target;
  if (place.kind === 'local') {
    return [...(await runAll(target, localChecks(target, place.ports, entries))), sessions];
  }
  let stack: DeployedStack | undefined;
  const found = await runCheck(target, 'stack', async () => {
    stack = await readStack(target);
    return examineStack(target, stack);
  });
  const checks = stack === undefined ? [] : await deployedChecks(target, stack, entries);
  return [found, ...(await runAll(target, checks)), sessions];
}

function runAll(target: Target, checks: Checks): Promise<readonly CheckResult[]> {
  return Promise.all(checks.map(([name, look]) => runCheck(target, name, look)));
}

async function deployedChecks(
  target: Target,
  stack: DeployedStack,
  entries: readonly SessionEntry[],
): Promise<Checks> {
  const { clientConfig, stackName } = target;
  const { function: deployed } = stack;
  // Without a function, the stack has never been deployed as a whole.
  if (deployed === undefined) return [];
  const region = await target.place.region();
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const [apiId] = stack.ids('AWS::ApiGatewayV2::Api', 'Webhook');
  const url = `https://${apiId}.execute-api.${region}.${domain}`;
  const auth = deployed.Environment?.Variables?.['WEBHOOK_AUTH'];
  const schedule = readSchedule(target, stack);
  // The check of the schedule tells why it cannot be read.
  const known = schedule.catch(() => undefined);
  return [
    ['function', () => faultOf(deployed) ?? examineFunction(clientConfig, stackName, readable(entries))],
    ['webhook', () => examineWebhook(target, url, auth, usable(entries))],
    ['schedule', async () => examineSchedule(await schedule)],
    ['mail', () => examineMail(target, stack)],
    ['alarms', () => examineAlarms(target, stack)],
    ['key', () => examineEncryption(target)],
    ['last run', async () => examineLastRun(target, stack, await known)],
  ];
}

/** What `npm start -- --serve` has: the function, and its webhook, which asks for the key. */
function localChecks(target: Target, ports: LocalPorts, entries: readonly SessionEntry[]): Checks {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const config = { ...target.clientConfig, endpoint: url(ports.lambdaApi) };
  return [
    ['function', () => examineFunction(config, target.stackName, readable(entries))],
    ['webhook', () => examineWebhook(target, url(ports.httpApi), 'key', usable(entries))],
  ];
}

function usable(entries: readonly SessionEntry[]): string | undefined {
  return entries.find(isUsable)?.session;
}

function readable(entries: readonly SessionEntry[]): string | undefined {
  return usable(entries) ?? entries.find(isReadable)?.session;
}

import { execFileSync, spawnSync } from 'node:child_process';
import { isLong } from '../proof/figures.ts';

/** In the long form, on a machine that has it: each start takes a second of CPU time. */
export const RUNS_AWS_CLI = isLong && spawnSync('aws', ['--version']).status === 0;

/** The words of a line, as a shell reads them. */
export function words(line: string): readonly string[] {
  const env = { ...process.env, SESSION: 'default' };
  return execFileSync('bash', ['-c', `printf '%s\\n' ${line}`], { env, encoding: 'utf8' })
    .trim()
    .split('\n');
}

export function awsCall(line: string): { readonly operation: string; readonly options: readonly string[] } {
  const [, operation = '', rest = ''] = /\baws ([a-z0-9-]+ [a-z-]+)(.*)$/.exec(line) ?? [];
  return { operation, options: [...rest.matchAll(/ --([a-z][a-z0-9-]*)/g)].map(([, option = '']) => option) };
}

/** Of the AWS CLI itself. */
const GLOBAL_OPTIONS = ['query', 'output'];

/** What the documents use of the AWS CLI; each line was run with it once. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'apigatewayv2 update-api': ['api-id', 'disable-execute-api-endpoint', 'no-disable-execute-api-endpoint'],
  'cloudformation deploy': ['template-file', 's3-bucket', 'stack-name', 'capabilities'],
  'cloudformation describe-stacks': ['stack-name'],
  'cloudformation describe-stack-resources': ['stack-name'],
  'cloudformation update-termination-protection': ['enable-termination-protection', 'stack-name'],
  'cloudformation package': ['template-file', 's3-bucket', 'output-template-file'],
  'cloudtrail lookup-events': ['lookup-attributes', 'max-results'],
  'cloudwatch describe-alarms': ['state-value', 'alarm-name-prefix'],
  'events describe-rule': ['name'],
  'events enable-rule': ['name'],
  'lambda get-account-settings': [],
  'lambda get-durable-execution': ['durable-execution-arn'],
  'lambda get-function-configuration': ['function-name'],
  'lambda invoke': ['function-name', 'payload'],
  'lambda list-durable-executions-by-function': ['function-name', 'max-items'],
  'logs filter-log-events': ['log-group-name', 'start-time', 'filter-pattern'],
  'scheduler list-schedules': [],
  'secretsmanager create-secret': ['name', 'secret-string'],
  'secretsmanager delete-secret': ['secret-id', 'force-delete-without-recovery'],
  'secretsmanager describe-secret': ['secret-id'],
  'secretsmanager put-secret-value': ['secret-id', 'secret-string'],
  'secretsmanager restore-secret': ['secret-id'],
  'service-quotas request-service-quota-increase': ['service-code', 'quota-code', 'desired-value'],
  'sqs purge-queue': ['queue-url'],
  'sqs receive-message': [
    'queue-url',
    'max-number-of-messages',
    'visibility-timeout',
    'message-attribute-names',
  ],
};

export function optionsOf(call: string): readonly string[] {
  const known = OPTIONS[call];
  if (known === undefined) throw new Error(`aws ${call} is not among those that were tried`);
  return [...GLOBAL_OPTIONS, ...known];
}

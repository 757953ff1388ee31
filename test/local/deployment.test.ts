import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDeployment } from '../../local/deployment.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

const FUNCTION = {
  FunctionName: 'fn',
  Code: { S3Key: 'abc.zip' },
  Handler: 'index.handler',
  Runtime: 'nodejs24.x',
  Environment: { Variables: { TOPIC_ARN: { Ref: 'Topic' } } },
  Timeout: 60,
  MemorySize: 512,
  LoggingConfig: { LogFormat: 'JSON' },
};

/** Each resource's type and properties. */
const RESOURCES: Record<string, readonly [string, object]> = {
  Fn: ['AWS::Lambda::Function', FUNCTION],
  Fleet: ['AWS::Lambda::Function', { ...FUNCTION, DurableConfig: { ExecutionTimeout: 60 } }],
  Route: ['AWS::ApiGatewayV2::Route', { RouteKey: 'POST /door', AuthorizationType: 'NONE' }],
  Rule: ['AWS::Events::Rule', { State: 'DISABLED', ScheduleExpression: 'rate(1 day)', Targets: [{}] }],
  Key: [
    'AWS::SecretsManager::Secret',
    { Name: 'key', GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
  ],
  Other: ['AWS::SQS::Queue', {}],
};

/** Reads a template in which some resources have other properties, or are more. */
async function deploymentWith(changes: Record<string, object> = {}) {
  const ids = new Set([...Object.keys(RESOURCES), ...Object.keys(changes)]);
  const resources = [...ids].map((id) => {
    const [Type, properties] = RESOURCES[id] ?? ['AWS::Lambda::Function', FUNCTION];
    return [id, { Type, Properties: { ...properties, ...changes[id] } }];
  });
  const template = JSON.stringify({ Resources: Object.fromEntries(resources) });
  await writeFile(join(directory, 'a.template.json'), template);
  return readDeployment(directory);
}

test('a deployment is read from the template', async () => {
  const fn = {
    name: 'fn',
    assetDirectory: join(directory, 'asset.abc'),
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    environment: { TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:Topic' },
    timeoutSeconds: 60,
    memoryMb: 512,
  };
  expect(await deploymentWith()).toMatchObject({
    function: fn,
    fleet: fn,
    routes: ['POST /door'],
    rule: { name: 'Rule', enabled: false, schedule: 'rate(1 day)' },
    webhookKey: { Name: 'key', GenerateSecretString: { PasswordLength: 64 } },
  });
});

test.each<[string, Record<string, object>, RegExp]>([
  [
    'a value that only AWS could fill in',
    { Fn: { Environment: { Variables: { QUEUE: { 'Fn::GetAtt': ['Other', 'Arn'] } } } } },
    /AWS::Lambda::Function Fn .*\n.*\n.*Environment\.Variables\.QUEUE/,
  ],
  ['a route with IAM', { Route: { AuthorizationType: 'AWS_IAM' } }, /Route .*\n.*AWS_IAM/],
  ['a rule for many sessions', { Rule: { Targets: [{ Input: '{}' }] } }, /Rule .*\n.*Expected never/],
  ['a second function', { Fn2: {} }, /expected one function, found 2/],
  ['a secret that is generated in another way', { Key: { GenerateSecretString: {} } }, /PasswordLength/],
])('%s is an error', async (_what, changes, message) => {
  await expect(deploymentWith(changes)).rejects.toThrow(message);
});

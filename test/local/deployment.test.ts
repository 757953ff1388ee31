import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDeployment } from '../../local/deployment.ts';

/** Templates that the stack does not have. The local run reads the stack's own. */

type Properties = Record<string, unknown>;

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-test-'));
});
afterEach(() => rm(directory, { recursive: true }));

const FUNCTION = { Code: { S3Key: 'abc.zip' }, Handler: 'index.handler', Runtime: 'nodejs24.x' };
const FUNCTION_ARN = { 'Fn::GetAtt': ['Fn', 'Arn'] };
const ANOTHER_ARN = { 'Fn::GetAtt': ['Another', 'Arn'] };

/** The least that can be run: each resource's type and properties. */
const RESOURCES: Record<string, readonly [string, Properties]> = {
  Fn: ['AWS::Lambda::Function', FUNCTION],
  Integration: [
    'AWS::ApiGatewayV2::Integration',
    { IntegrationType: 'AWS_PROXY', IntegrationUri: FUNCTION_ARN, PayloadFormatVersion: '2.0' },
  ],
  Route: [
    'AWS::ApiGatewayV2::Route',
    { RouteKey: 'POST /door', Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] } },
  ],
  Rule: ['AWS::Events::Rule', { ScheduleExpression: 'rate(1 day)', Targets: [{ Arn: FUNCTION_ARN }] }],
  Key: ['AWS::SecretsManager::Secret', { Name: 'key', GenerateSecretString: {} }],
  Fleet: [
    'AWS::Lambda::Function',
    {
      ...FUNCTION,
      DurableConfig: { ExecutionTimeout: 60 },
      Environment: { Variables: { TOPIC_ARN: { Ref: 'Topic' } } },
    },
  ],
  Other: ['AWS::SQS::Queue', {}],
};

/** Reads a template in which some resources have other properties, or more. */
async function deploymentWith(changes: Record<string, Properties>) {
  const all = { ...RESOURCES, ...(changes['Fn2'] && { Fn2: RESOURCES['Fn'] }) };
  const Resources = Object.entries(all).map(([id, [Type, Properties] = ['', {}]]) => [
    id,
    { Type, Properties: { ...Properties, ...changes[id] } },
  ]);
  const template = { Resources: Object.fromEntries(Resources) };
  await writeFile(join(directory, 'a.template.json'), JSON.stringify(template));
  return readDeployment(directory);
}

test("a property that the template leaves out has AWS's default", async () => {
  const defaults = { runtime: 'nodejs24.x', timeoutSeconds: 3, memoryMb: 128, logFormat: 'Text' };
  const fn = { handler: 'index.handler', assetDirectory: join(directory, 'asset.abc'), ...defaults };
  const topic = 'arn:aws:sns:us-east-1:123456789012:Topic';
  expect(await deploymentWith({})).toMatchObject({
    function: { name: 'Fn', ...fn, environment: {} },
    routes: [{ key: 'POST /door', authorization: 'NONE', timeoutMs: 30_000 }],
    rule: { name: 'Rule', enabled: true, schedule: 'rate(1 day)', input: undefined },
    fleet: { name: 'Fleet', ...fn, environment: { TOPIC_ARN: topic } },
    webhookKey: { Name: 'key', GenerateSecretString: { PasswordLength: 32, ExcludePunctuation: false } },
  });
});

test('properties are read from the template', async () => {
  const deployment = await deploymentWith({
    Integration: { TimeoutInMillis: 5000 },
    Route: { AuthorizationType: 'AWS_IAM' },
    Rule: { Name: 'nightly', State: 'DISABLED', Targets: [{ Arn: FUNCTION_ARN, Input: '{"a":1}' }] },
  });
  expect(deployment).toMatchObject({
    routes: [{ key: 'POST /door', authorization: 'AWS_IAM', timeoutMs: 5000 }],
    rule: { name: 'nightly', enabled: false, input: { a: 1 } },
  });
});

test.each<[string, Record<string, Properties>, RegExp]>([
  [
    'a value that only AWS could fill in',
    { Fn: { Environment: { Variables: { QUEUE: { 'Fn::GetAtt': ['Other', 'Arn'] } } } } },
    /AWS::Lambda::Function Fn .*\n.*\n.*Environment\.Variables\.QUEUE/,
  ],
  ['a route that leads elsewhere', { Integration: { IntegrationUri: ANOTHER_ARN } }, /"Fn".*"Another"/],
  ['a rule that leads elsewhere', { Rule: { Targets: [{ Arn: ANOTHER_ARN }] } }, /"Fn".*"Another"/],
  ['a second function', { Fn2: {} }, /expected one function, found 2/],
  [
    'a secret that is generated in another way',
    { Key: { GenerateSecretString: { RequireEachIncludedType: false } } },
    /RequireEachIncludedType/,
  ],
])('%s is an error', async (_what, changes, message) => {
  await expect(deploymentWith(changes)).rejects.toThrow(message);
});

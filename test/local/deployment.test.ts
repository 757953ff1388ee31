import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Deployment, readDeployment } from '../../local/deployment.ts';

type Properties = Record<string, unknown>;

let root: string;
let count = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'blink-logout-test-'));
});
afterAll(() => rm(root, { recursive: true }));

const FUNCTION_ARN = { 'Fn::GetAtt': ['Fn', 'Arn'] };

/** The least that can be run. */
const RESOURCES = {
  Fn: {
    Type: 'AWS::Lambda::Function',
    Properties: { Code: { S3Key: 'abc.zip' }, Handler: 'index.handler', Runtime: 'nodejs24.x' },
  },
  Integration: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: FUNCTION_ARN,
      PayloadFormatVersion: '2.0',
    },
  },
  Route: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      RouteKey: 'POST /door',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    },
  },
  Rule: {
    Type: 'AWS::Events::Rule',
    Properties: { ScheduleExpression: 'rate(1 day)', Targets: [{ Arn: FUNCTION_ARN, Id: 'Target0' }] },
  },
  Key: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'key', GenerateSecretString: {} } },
  Fleet: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Key: 'def.zip' },
      Handler: 'handler.handler',
      Runtime: 'nodejs24.x',
      DurableConfig: { ExecutionTimeout: 60 },
      Environment: { Variables: { TOPIC_ARN: { Ref: 'Topic' } } },
    },
  },
  Other: { Type: 'AWS::SQS::Queue' },
};

/** Writes a cloud assembly in which some resources have other properties, or more, and reads it. */
async function deploymentWith(
  changes: Partial<Record<keyof typeof RESOURCES, Properties>> = {},
  more: Record<string, { Type: string; Properties: Properties }> = {},
): Promise<{ directory: string; deployment: Deployment }> {
  const directory = await mkdtemp(join(root, `${count++}-`));
  const changed = Object.entries(RESOURCES).map(([id, resource]) => {
    const properties = 'Properties' in resource ? resource.Properties : {};
    const change = Object.entries(changes).find(([changedId]) => changedId === id)?.[1] ?? {};
    return [id, { ...resource, Properties: { ...properties, ...change } }];
  });
  const template = { Resources: { ...Object.fromEntries(changed), ...more } };
  await writeFile(join(directory, 'a.template.json'), JSON.stringify(template));
  return { directory, deployment: await readDeployment(directory) };
}

test("a property that the template leaves out has AWS's default", async () => {
  const { directory, deployment } = await deploymentWith();
  expect(deployment).toEqual({
    function: {
      name: 'Fn',
      assetDirectory: join(directory, 'asset.abc'),
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      environment: {},
      timeoutSeconds: 3,
      memoryMb: 128,
      logFormat: 'Text',
    },
    routes: [{ key: 'POST /door', authorization: 'NONE', timeoutMs: 30_000 }],
    rule: { name: 'Rule', enabled: true, schedule: 'rate(1 day)', input: undefined },
    fleet: {
      name: 'Fleet',
      assetDirectory: join(directory, 'asset.def'),
      handler: 'handler.handler',
      runtime: 'nodejs24.x',
      environment: { TOPIC_ARN: 'arn:aws:sns:us-east-1:123456789012:Topic' },
      timeoutSeconds: 3,
      memoryMb: 128,
      logFormat: 'Text',
    },
    webhookKey: {
      id: 'Key',
      Name: 'key',
      GenerateSecretString: { PasswordLength: 32, ExcludePunctuation: false },
    },
  });
});

test('properties are read from the template', async () => {
  const { deployment } = await deploymentWith({
    Fn: {
      FunctionName: 'named',
      Environment: { Variables: { A: 'b' } },
      Timeout: 60,
      MemorySize: 256,
      LoggingConfig: { LogFormat: 'JSON' },
    },
    Integration: { TimeoutInMillis: 5000 },
    Route: { AuthorizationType: 'AWS_IAM' },
    Rule: { Name: 'nightly', State: 'DISABLED', Targets: [{ Arn: FUNCTION_ARN, Input: '{"a":1}' }] },
    Key: { Name: 'named', GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
  });
  expect(deployment).toMatchObject({
    function: {
      name: 'named',
      environment: { A: 'b' },
      timeoutSeconds: 60,
      memoryMb: 256,
      logFormat: 'JSON',
    },
    routes: [{ key: 'POST /door', authorization: 'AWS_IAM', timeoutMs: 5000 }],
    rule: { name: 'nightly', enabled: false, input: { a: 1 } },
    webhookKey: { Name: 'named', GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true } },
  });
});

test('a value that only AWS could fill in is named', async () => {
  await expect(
    deploymentWith({ Fn: { Environment: { Variables: { QUEUE: { 'Fn::GetAtt': ['Other', 'Arn'] } } } } }),
  ).rejects.toThrow(/AWS::Lambda::Function Fn .*\n.*\n.*Environment\.Variables\.QUEUE/);
});

test.each([
  [
    'an integration',
    { Integration: { IntegrationUri: { 'Fn::GetAtt': ['Another', 'Arn'] } } },
    'Integration',
  ],
  ['the rule', { Rule: { Targets: [{ Arn: { 'Fn::GetAtt': ['Another', 'Arn'] }, Id: 'Target0' }] } }, 'Rule'],
])('%s that leads elsewhere is an error', async (_what, changes, id) => {
  await expect(deploymentWith(changes)).rejects.toThrow(
    new RegExp(`${id} has properties .*\\n.*Expected "Fn" but received "Another"`),
  );
});

test('a second function is an error', async () => {
  await expect(deploymentWith({}, { Fn2: RESOURCES.Fn })).rejects.toThrow('expected one function, found 2');
});

test('a secret that is generated in a way that the stand-in does not know is an error', async () => {
  await expect(
    deploymentWith(
      {},
      {
        Key: {
          Type: 'AWS::SecretsManager::Secret',
          Properties: { Name: 'key', GenerateSecretString: { RequireEachIncludedType: false } },
        },
      },
    ),
  ).rejects.toThrow('RequireEachIncludedType');
});

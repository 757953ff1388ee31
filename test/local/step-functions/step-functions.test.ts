import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Execute } from '../../../local/step-functions/executions.ts';
import {
  LOCAL_STATE_MACHINE_ARN,
  type StepFunctionsStandIn,
  startStepFunctions,
} from '../../../local/step-functions/start-step-functions.ts';

const ITEMS = ['a', 'b', 'c'];

let standIn: StepFunctionsStandIn;
let client: SFNClient;
let events: Parameters<Parameters<Execute>[1]['onMapEvent']>[0][];

beforeEach(async () => {
  events = [];
  standIn = await startStepFunctions({
    async execute(_input, { signal, onMapEvent }) {
      for (const event of events) onMapEvent(event);
      await vi.waitUntil(() => signal.aborted, { timeout: 5_000 });
      return { status: 'ABORTED' };
    },
  });
  client = new SFNClient({
    endpoint: standIn.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
});
afterEach(() => standIn.close());

async function start(name: string, input = '{}', stateMachineArn = LOCAL_STATE_MACHINE_ARN): Promise<string> {
  const { executionArn = '' } = await client.send(
    new StartExecutionCommand({ stateMachineArn, name, input }),
  );
  return executionArn;
}

test('a start with the same name and input returns the same execution; one with another input is refused', async () => {
  const executionArn = await start('one', '{"sessions":"all"}');
  expect(executionArn).toBe(`${LOCAL_STATE_MACHINE_ARN.replace('stateMachine', 'execution')}:one`);
  expect(await start('one', '{"sessions":"all"}')).toBe(executionArn);
  await expect(start('one', '{}')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
  await expect(start('two', 'no JSON')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  await expect(start('two', '{}', `${LOCAL_STATE_MACHINE_ARN}2`)).rejects.toMatchObject({
    name: 'StateMachineDoesNotExist',
  });
});

test('a map run counts its items and lists their executions, the newest first, until the execution is stopped', async () => {
  events = [
    { type: 'StateEntered', state: { type: 'Map', input: { names: ITEMS } } },
    { type: 'MapIterationStarted', index: 0, input: { session: 'a' } },
    { type: 'MapIterationSucceeded', index: 0, output: ['a: code'] },
    { type: 'MapIterationStarted', index: 1, input: { session: 'b' } },
  ];
  const executionArn = await start('one');
  const { mapRuns: [mapRun] = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRun?.mapRunArn;
  expect(mapRunArn).toMatch(/:mapRun:local\/sessions:/);
  expect(await client.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({
    status: 'RUNNING',
    itemCounts: { pending: 1, running: 1, succeeded: 1, total: 3 },
  });
  const first = await client.send(new ListExecutionsCommand({ mapRunArn, maxResults: 1 }));
  expect(first.executions).toMatchObject([{ status: 'RUNNING', mapRunArn }]);
  const second = await client.send(
    new ListExecutionsCommand({ mapRunArn, maxResults: 1, nextToken: first.nextToken }),
  );
  expect(second.nextToken).toBeUndefined();
  const child = second.executions?.[0]?.executionArn;
  expect(await client.send(new DescribeExecutionCommand({ executionArn: child }))).toMatchObject({
    status: 'SUCCEEDED',
    input: '{"session":"a"}',
    output: '["a: code"]',
  });

  await client.send(new StopExecutionCommand({ executionArn }));
  await vi.waitUntil(() => standIn.executions.find(executionArn).end !== undefined);
  expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
    status: 'ABORTED',
  });
  const running = first.executions?.[0]?.executionArn;
  expect(await client.send(new DescribeExecutionCommand({ executionArn: running }))).toMatchObject({
    status: 'ABORTED',
  });
});

test('a missing resource gets its documented error', async () => {
  const executionArn = `${LOCAL_STATE_MACHINE_ARN}:no`;
  await expect(client.send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject({
    name: 'ExecutionDoesNotExist',
  });
  await expect(client.send(new ListExecutionsCommand({ mapRunArn: 'no' }))).rejects.toMatchObject({
    name: 'ResourceNotFound',
  });
});

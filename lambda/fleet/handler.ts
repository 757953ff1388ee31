import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import * as v from 'valibot';
import { fleetName, sessionSecretPrefix } from '../core/stack-name.ts';
import { FLEET_ALIAS, fleetEnvironmentSchema } from './environment.ts';
import type { FleetPorts } from './fleet.ts';
import type { Selection } from './input.ts';
import { storedNames } from './list-sessions.ts';
import { figuresLine } from './metrics.ts';
import { runFleet } from './run.ts';

const {
  BLINK_LOGOUT_NAME: stack,
  TOPIC_ARN: topicArn,
  MAX_CONCURRENCY: maxConcurrency,
} = v.parse(fleetEnvironmentSchema, process.env);
const lambda = new LambdaClient({});
const sns = new SNSClient({});
const [, , , region = '', account = ''] = topicArn.split(':');

const ports: FleetPorts = {
  place: { stack, account, region },
  readPage: storedNames(new SecretsManagerClient({}), sessionSecretPrefix(stack)),
  maxConcurrency,
  nowMs: Date.now,
  start,
  publish: async ({ subject: Subject, text: Message }) => {
    await sns.send(new PublishCommand({ TopicArn: topicArn, Subject, Message }));
  },
  // Not console.log: Lambda would wrap the line in another JSON object, and CloudWatch would not find the metrics.
  recordFigures: (result) => process.stdout.write(`${figuresLine(stack, result, Date.now())}\n`),
};

async function start(name: string, sessions: Selection): Promise<void> {
  const command = new InvokeCommand({
    FunctionName: `${fleetName(stack)}:${FLEET_ALIAS}`,
    InvocationType: 'Event',
    DurableExecutionName: name,
    Payload: JSON.stringify({ sessions }),
  });
  try {
    await lambda.send(command);
  } catch (error) {
    // It was started with other sessions: the setting has changed since.
    if (!(error instanceof Error && error.name === 'DurableExecutionAlreadyStartedException')) throw error;
  }
}

export const handler = withDurableExecution((event: unknown, context) => runFleet(ports, event, context));

import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { fleetName, sessionSecretPrefix } from '../core/stack-name.ts';
import { FLEET_ALIAS, readFleetEnvironment } from './environment.ts';
import { leftByLastExecution, startExecution } from './executions.ts';
import { figuresLine } from './metrics.ts';
import { type RunPorts, runFleet } from './run.ts';
import { storedNames } from './stored-names.ts';

const {
  BLINK_LOGOUT_NAME: stack,
  TOPIC_ARN: topicArn,
  MAX_CONCURRENCY: maxConcurrency,
} = readFleetEnvironment(process.env);
const functionName = fleetName(stack);
const lambda = new LambdaClient({});
const secrets = new SecretsManagerClient({});
const sns = new SNSClient({});
const [, , , region = '', account = ''] = topicArn.split(':');

const ports: RunPorts = {
  names: {
    stored: (from) => storedNames(secrets, sessionSecretPrefix(stack), from),
    left: (from) => leftByLastExecution(lambda, functionName, from),
  },
  logoutFunction: stack,
  functionName,
  maxConcurrency,
  about: { stack, account, region },
  nowMs: Date.now,
  start: (name, sessions) => startExecution(lambda, `${functionName}:${FLEET_ALIAS}`, name, sessions),
  publish: async (Subject, Message) => {
    await sns.send(new PublishCommand({ TopicArn: topicArn, Subject, Message }));
  },
  // Not console.log: Lambda would wrap the line in another JSON object, and CloudWatch would not find the metrics.
  recordFigures: (result) => process.stdout.write(`${figuresLine(stack, result, Date.now())}\n`),
};

export const handler = withDurableExecution((event: unknown, context) => runFleet(ports, event, context));

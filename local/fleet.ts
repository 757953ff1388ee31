import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { REGION } from './account.ts';
import type { Invocation } from './lambda-process.ts';
import { type Execution, type ExecutionOptions, execute } from './step-functions/execute.ts';

/** The results of one execution of the state machine. */
export interface FleetExecution {
  readonly execution: Execution;
  readonly invocations: readonly Invocation[];
  /** The texts that Amazon SNS would send. */
  readonly digests: readonly string[];
  /** The metrics that CloudWatch would receive. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface FleetOptions extends Omit<ExecutionOptions, 'integrations'> {
  readonly definition: unknown;
  readonly secretsManagerUrl: string;
  readonly invoke: (event: unknown) => Promise<Invocation>;
}

const invokeSchema = v.object({ FunctionName: v.string(), Payload: v.unknown() });
const publishSchema = v.object({ TopicArn: v.string(), Subject: v.string(), Message: v.string() });
const listSchema = v.object({
  Filters: v.array(v.object({ Key: v.literal('name'), Values: v.array(v.string()) })),
  MaxResults: v.number(),
  NextToken: v.optional(v.string()),
});
const metricsSchema = v.object({
  Namespace: v.string(),
  MetricData: v.array(v.object({ MetricName: v.string(), Value: v.number(), Unit: v.string() })),
});

/** Runs the state machine with the function and the stand-in for Secrets Manager of this machine. */
export async function executeFleet(
  { definition, secretsManagerUrl, invoke, ...options }: FleetOptions,
  input: unknown,
): Promise<FleetExecution> {
  const secretsManager = new SecretsManagerClient({
    endpoint: secretsManagerUrl,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const invocations: Invocation[] = [];
  const digests: string[] = [];
  const figures: Record<string, number> = {};
  const execution = await execute(definition, input, {
    ...options,
    integrations: {
      'aws-sdk:secretsmanager:listSecrets': async (parameters) => {
        const { $metadata: _, ...page } = await secretsManager.send(
          new ListSecretsCommand(v.parse(listSchema, parameters)),
        );
        return page;
      },
      'lambda:invoke': async (parameters) => {
        const invocation = await invoke(v.parse(invokeSchema, parameters).Payload);
        invocations.push(invocation);
        const { result } = invocation;
        if (result.kind === 'returned') return { Payload: result.payload, StatusCode: 200 };
        throw Object.assign(new Error(result.error.errorMessage), { name: result.error.errorType });
      },
      'sns:publish': async (parameters) => {
        digests.push(v.parse(publishSchema, parameters).Message);
        return {};
      },
      'aws-sdk:cloudwatch:putMetricData': async (parameters) => {
        const { MetricData } = v.parse(metricsSchema, parameters);
        for (const { MetricName, Value } of MetricData) figures[MetricName] = Value;
        return {};
      },
    },
  });
  secretsManager.destroy();
  return { execution, invocations, digests, figures };
}

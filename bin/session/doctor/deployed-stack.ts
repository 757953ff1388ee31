import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import type { Target } from '../target.ts';

export interface DeployedStack {
  readonly name: string;
  /** Such as `UPDATE_COMPLETE`. */
  readonly status: string;
  /** `undefined` if a deployment failed before there was one. */
  readonly functionName: string | undefined;
  readonly webhookUrl: string | undefined;
  /** With `iam`, no command that reads the key is among the outputs. */
  readonly webhookAuth: 'key' | 'iam';
  /** The physical ids of the resources of a type, such as `AWS::CloudWatch::Alarm`. */
  resources(type: string): readonly string[];
}

const stacksSchema = v.object({
  Stacks: v.tuple([
    v.object({
      StackStatus: v.pipe(v.string(), v.regex(/^[A-Z_]+$/)),
      Outputs: v.optional(v.array(v.object({ OutputKey: v.string(), OutputValue: v.string() })), []),
    }),
  ]),
});

const resourcesSchema = v.object({
  StackResources: v.array(
    v.object({ ResourceType: v.string(), PhysicalResourceId: v.optional(v.string(), '') }),
  ),
});

/** Resolves with `undefined` if there is no such stack. */
export async function readStack(target: Target): Promise<DeployedStack | undefined> {
  const { stackName: name } = target;
  const client = new CloudFormationClient(target.clientConfig);
  try {
    const [stack] = v.parse(
      stacksSchema,
      await client.send(new DescribeStacksCommand({ StackName: name })),
    ).Stacks;
    const { StackResources: resources } = v.parse(
      resourcesSchema,
      await client.send(new DescribeStackResourcesCommand({ StackName: name })),
    );
    const outputs = new Map(stack.Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    return {
      name,
      status: stack.StackStatus,
      functionName: outputs.get('FunctionName'),
      webhookUrl: outputs.get('WebhookUrl'),
      webhookAuth: outputs.has('ReadWebhookKeyCommand') ? 'key' : 'iam',
      resources: (type) =>
        resources
          .filter(({ ResourceType, PhysicalResourceId }) => ResourceType === type && PhysicalResourceId)
          .map(({ PhysicalResourceId }) => PhysicalResourceId),
    };
  } catch (error) {
    if (isNoSuchStack(error)) return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

/** CloudFormation has no error code for a stack that does not exist. */
export function isNoSuchStack(error: unknown): boolean {
  return (
    error instanceof CloudFormationServiceException &&
    error.name === 'ValidationError' &&
    error.message.includes('does not exist')
  );
}

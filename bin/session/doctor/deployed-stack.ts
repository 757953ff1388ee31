import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import type { Target } from '../target.ts';
import { type Finding, notOk, ok } from './check.ts';

const functionSchema = v.object({
  Configuration: v.object({
    State: v.string(),
    StateReasonCode: v.optional(v.string()),
    LastUpdateStatus: v.optional(v.string()),
    Environment: v.object({ Variables: v.object({ WEBHOOK_AUTH: v.picklist(['key', 'iam']) }) }),
  }),
  /** Left out without the permission lambda:ListTags (API reference of GetFunction). */
  Tags: v.optional(v.record(v.string(), v.string()), {}),
});

export type DeployedFunction = v.InferOutput<typeof functionSchema>['Configuration'];

export interface DeployedStack {
  readonly name: string;
  readonly status: string;
  readonly deployedAtMs: number;
  /** `undefined` if a deployment failed before there was one. */
  readonly function: DeployedFunction | undefined;
  /** The physical ids of our resources of a type. `part` is the construct that has them. */
  ids(type: string, part: string): readonly string[];
}

const stacksSchema = v.object({
  Stacks: v.tuple([
    v.object({
      StackStatus: v.pipe(v.string(), v.regex(/^[A-Z_]+$/)),
      CreationTime: v.date(),
      LastUpdatedTime: v.optional(v.date()),
    }),
  ]),
});

const resourcesSchema = v.array(
  v.object({
    ResourceType: v.string(),
    LogicalResourceId: v.string(),
    PhysicalResourceId: v.optional(v.string(), ''),
  }),
);

/** Finds the stack by the tags of the function, whose name is fixed. `undefined` if there is none. */
export async function readStack(target: Target): Promise<DeployedStack | undefined> {
  const deployed = await readFunction(target);
  const {
    'aws:cloudformation:stack-name': name = target.stackName,
    'aws:cloudformation:logical-id': id = '',
  } = deployed?.Tags ?? {};
  // Of a construct in another stack, all logical ids begin with its path.
  const [, path = ''] = /^(.*)LogoutFunction\w{8}$/.exec(id) ?? [];
  const client = new CloudFormationClient(target.clientConfig);
  try {
    const described = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = v.parse(stacksSchema, described).Stacks;
    const resources: v.InferOutput<typeof resourcesSchema> = [];
    for await (const page of paginateListStackResources({ client }, { StackName: name })) {
      resources.push(...v.parse(resourcesSchema, page.StackResourceSummaries ?? []));
    }
    return {
      name,
      status: stack.StackStatus,
      deployedAtMs: (stack.LastUpdatedTime ?? stack.CreationTime).getTime(),
      function: deployed?.Configuration,
      ids: (type, part) =>
        resources
          .filter((each) => each.ResourceType === type && each.LogicalResourceId.startsWith(path + part))
          .flatMap((each) => (each.PhysicalResourceId === '' ? [] : [each.PhysicalResourceId])),
    };
  } catch (error) {
    if (isNoSuchStack(error)) return undefined;
    throw error;
  }
}

async function readFunction({ clientConfig, stackName }: Target) {
  try {
    const command = new GetFunctionCommand({ FunctionName: stackName });
    return v.parse(functionSchema, await new LambdaClient(clientConfig).send(command));
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
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

export async function examineStack(target: Target, stack: DeployedStack | undefined): Promise<Finding> {
  if (stack === undefined) {
    return notOk(
      `There is no stack ${target.stackName} in ${await target.place.region()}.`,
      'Deploy it: npm run deploy',
      'Or select another: --region REGION, --profile PROFILE, --stack NAME (its setting "name")',
    );
  }
  const { name, status } = stack;
  if (/_IN_PROGRESS$/.test(status)) {
    return notOk(`The stack ${name} is being changed (${status}).`, 'Wait until the change has ended.');
  }
  if (!/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) {
    return notOk(
      `The last deployment of the stack ${name} failed (${status}).`,
      'See the stack’s events in the CloudFormation console, and deploy again: npm run deploy',
    );
  }
  return stack.function === undefined
    ? notOk(`The stack ${name} has no function ${target.stackName}.`, 'Deploy again: npm run deploy')
    : ok(`The stack ${name} is deployed (${status}).`);
}

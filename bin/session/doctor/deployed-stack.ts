import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { type FunctionConfiguration, GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CommandError } from '../errors/command-error.ts';
import { npmLine } from '../launcher.ts';
import type { Target } from '../target.ts';
import { DEPLOY_AGAIN, type Finding, notOk, ok } from './check.ts';

export interface DeployedStack {
  readonly name: string;
  readonly status: string;
  readonly deployedAtMs: number;
  /** `undefined` if a deployment failed before there was one. */
  readonly function: FunctionConfiguration | undefined;
  /** The physical ids of our resources of a type. `part` is the construct that has them. */
  ids(type: string, part: string): readonly string[];
}

/** Finds the stack by the tags of the function, whose name is fixed. */
export async function readStack({ clientConfig, stackName }: Target): Promise<DeployedStack> {
  const lambda = new LambdaClient(clientConfig);
  const found = await unlessMissing(lambda.send(new GetFunctionCommand({ FunctionName: stackName })));
  // Left out without the permission lambda:ListTags (API reference of GetFunction).
  const tags = found?.Tags ?? {};
  const name = tags['aws:cloudformation:stack-name'] ?? stackName;
  // Of a construct in another stack, all logical ids begin with its path.
  const [, path = ''] = /^(.*)LogoutFunction\w{8}$/.exec(tags['aws:cloudformation:logical-id'] ?? '') ?? [];
  const client = new CloudFormationClient(clientConfig);
  const described = await unlessMissing(client.send(new DescribeStacksCommand({ StackName: name })));
  const stack = described?.Stacks?.[0];
  if (stack === undefined) {
    throw new CommandError('stack_missing', `There is no stack ${name} in ${await clientConfig.region()}.`, [
      `Deploy it: ${npmLine('run deploy')}`,
      'Or select another: --region REGION, --profile PROFILE, --stack NAME (its setting "name")',
    ]);
  }
  const resources: StackResourceSummary[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: name })) {
    resources.push(...(page.StackResourceSummaries ?? []));
  }
  return {
    name,
    status: stack.StackStatus ?? 'unknown',
    deployedAtMs: (stack.LastUpdatedTime ?? stack.CreationTime)?.getTime() ?? 0,
    function: found?.Configuration,
    ids: (type, part) =>
      resources
        .filter((each) => each.ResourceType === type && each.LogicalResourceId?.startsWith(path + part))
        .flatMap((each) => each.PhysicalResourceId || []),
  };
}

/** `undefined` for what does not exist. CloudFormation has no error code for that. */
async function unlessMissing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error();
    if (name === 'ResourceNotFoundException') return undefined;
    if (name === 'ValidationError' && message.includes('does not exist')) return undefined;
    throw error;
  }
}

export function examineStack({ stackName }: Target, stack: DeployedStack): Finding {
  const { name, status } = stack;
  if (status.endsWith('_IN_PROGRESS')) {
    return notOk(`The stack ${name} is being changed (${status}).`, 'Wait until the change has ended.');
  }
  if (!/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) {
    return notOk(
      `The last deployment of the stack ${name} failed (${status}).`,
      'See the stack’s events in the CloudFormation console.',
      DEPLOY_AGAIN,
    );
  }
  return stack.function === undefined
    ? notOk(`The stack ${name} has no function ${stackName}.`, DEPLOY_AGAIN)
    : ok(`The stack ${name} is deployed (${status}).`);
}

import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Target } from '../target.ts';
import { DEPLOY_AGAIN, type Finding, notOk, ok } from './check.ts';

export interface DeployedStack {
  readonly name: string;
  readonly status: string;
  readonly deployedAtMs: number;
  /** Of the function's environment. */
  readonly webhookAuth: string | undefined;
  /** The physical ids of our resources of a type. `part` is the construct that has them. */
  ids(type: string, part: string): readonly string[];
}

/** Finds the stack by the tags of the function, whose name is fixed. */
export async function readStack(target: Target): Promise<DeployedStack> {
  const command = new GetFunctionCommand({ FunctionName: target.stackName });
  const { Configuration, Tags = {} } = await new LambdaClient(target.clientConfig).send(command);
  // Tags are left out without the permission lambda:ListTags (API reference of GetFunction).
  const name = Tags['aws:cloudformation:stack-name'] ?? target.stackName;
  // Of a construct in another stack, all logical ids begin with its path.
  const [, path = ''] = /^(.*)LogoutFunction\w{8}$/.exec(Tags['aws:cloudformation:logical-id'] ?? '') ?? [];
  const client = new CloudFormationClient(target.clientConfig);
  const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
  const resources: StackResourceSummary[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: name })) {
    resources.push(...(page.StackResourceSummaries ?? []));
  }
  return {
    name,
    status: stack?.StackStatus ?? 'unknown',
    deployedAtMs: (stack?.LastUpdatedTime ?? stack?.CreationTime)?.getTime() ?? 0,
    webhookAuth: Configuration?.Environment?.Variables?.['WEBHOOK_AUTH'],
    ids: (type, part) =>
      resources
        .filter((each) => each.ResourceType === type && each.LogicalResourceId?.startsWith(path + part))
        .flatMap((each) => each.PhysicalResourceId || []),
  };
}

export function examineStack({ name, status }: DeployedStack): Finding {
  return /^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)
    ? ok(`The stack ${name} is deployed (${status}).`)
    : notOk(
        `The deployment of the stack ${name} has not succeeded (${status}).`,
        'See the stack’s events in the CloudFormation console.',
        `If it is over: ${DEPLOY_AGAIN}`,
      );
}

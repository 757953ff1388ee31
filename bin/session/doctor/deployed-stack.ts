import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Target } from '../target.ts';
import { DEPLOY_AGAIN, type Finding, notOk, ok } from './check.ts';
import type { Webhook } from './webhook.ts';

export interface DeployedStack {
  readonly name: string;
  readonly status: string;
  readonly deployedAtMs: number;
  readonly webhook: Webhook;
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
  const pages = await Array.fromAsync(paginateListStackResources({ client }, { StackName: name }));
  const resources = pages.flatMap(({ StackResourceSummaries = [] }) => StackResourceSummaries);
  const ids: DeployedStack['ids'] = (type, part) =>
    resources
      .filter((each) => each.ResourceType === type && each.LogicalResourceId?.startsWith(path + part))
      .flatMap((each) => each.PhysicalResourceId || []);
  const region = await target.clientConfig.region();
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    name,
    status: stack?.StackStatus ?? 'unknown',
    deployedAtMs: (stack?.LastUpdatedTime ?? stack?.CreationTime)?.getTime() ?? 0,
    webhook: {
      url: `https://${ids('AWS::ApiGatewayV2::Api', 'Webhook')[0]}.execute-api.${region}.${domain}`,
      auth: Configuration?.Environment?.Variables?.['WEBHOOK_AUTH'],
    },
    ids,
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

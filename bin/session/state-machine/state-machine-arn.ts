import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import { LOCAL_STATE_MACHINE_ARN } from '../../../local/step-functions/start-step-functions.ts';
import { isNoSuchStack } from '../doctor/deployed-stack.ts';
import { CommandError } from '../errors/command-error.ts';
import type { Target } from '../target.ts';

const OUTPUT = 'StateMachineArn';

const stacksSchema = v.object({
  Stacks: v.tuple([
    v.object({
      Outputs: v.optional(v.array(v.object({ OutputKey: v.string(), OutputValue: v.string() })), []),
    }),
  ]),
});

/** Reads it from the stack's outputs. */
export async function stateMachineArn(target: Target): Promise<string> {
  if (target.place.kind === 'local') return LOCAL_STATE_MACHINE_ARN;
  const [{ Outputs: outputs }] = v.parse(stacksSchema, await describeStacks(target)).Stacks;
  const arn = outputs.find(({ OutputKey }) => OutputKey === OUTPUT)?.OutputValue;
  if (arn !== undefined) return arn;
  throw new CommandError('state_machine_missing', `The stack ${target.stackName} has no state machine.`, [
    'An older version of this project was deployed, or the deployment has failed.',
    'Deploy this version: npm run deploy',
  ]);
}

async function describeStacks(target: Target): Promise<object> {
  const { stackName, place } = target;
  const client = new CloudFormationClient(target.clientConfig);
  try {
    return await client.send(new DescribeStacksCommand({ StackName: stackName }));
  } catch (error) {
    if (!isNoSuchStack(error)) throw error;
    throw new CommandError(
      'stack_unknown',
      `There is no stack named ${stackName} in this account and Region (${await place.region()}).`,
      ['Deploy it: npm run deploy', 'Or select another: --region REGION, --profile PROFILE, --stack NAME'],
      error,
    );
  } finally {
    client.destroy();
  }
}

import type { Target } from '../target.ts';
import { type Finding, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';

/** Statuses in which the stack is not as it should be (AWS CloudFormation User Guide, "Understand CloudFormation stack creation events"). */
const ADVICE: readonly (readonly [pattern: RegExp, problem: string, advice: string])[] = [
  [/^DELETE_COMPLETE$/, 'was deleted', 'Deploy it: npm run deploy'],
  [
    /^DELETE_FAILED$/,
    'could not be deleted',
    'See the stack’s events in the CloudFormation console, and delete it again: npx cdk destroy',
  ],
  [/_IN_PROGRESS$/, 'is being changed', 'Wait until the change has ended.'],
  [
    /^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED)$/,
    'could not be deployed',
    'See the stack’s events in the CloudFormation console. Then delete it, and deploy again: npx cdk destroy',
  ],
  [
    /^UPDATE_ROLLBACK_FAILED$/,
    'is stuck in a failed deployment',
    'Continue the rollback: aws cloudformation continue-update-rollback --stack-name STACK',
  ],
  [
    /ROLLBACK_COMPLETE$/,
    'is as it was before: the last deployment failed',
    'See the stack’s events in the CloudFormation console, and deploy again: npm run deploy',
  ],
];

export async function examineStack(
  { place, stackName }: Target,
  stack: DeployedStack | undefined,
): Promise<Finding> {
  if (stack === undefined) {
    return notOk(
      `There is no stack named ${stackName} in ${await place.region()}.`,
      'Deploy it: npm run deploy',
      'Or select another: --region REGION, --profile PROFILE, --stack NAME',
    );
  }
  const [, problem, advice = ''] = ADVICE.find(([pattern]) => pattern.test(stack.status)) ?? [];
  if (problem === undefined) return ok(`${stackName} is deployed (${stack.status}).`);
  return notOk(
    `${stackName} ${problem} (${stack.status}).`,
    advice.replace('STACK', [stackName, ...place.options].join(' ')),
  );
}

import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type FunctionProps,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge-wildcard.ts';
import { serviceOfAccount } from './service-of-account.ts';
import type { Settings } from './settings.ts';

export interface LambdaFunctionProps {
  readonly settings: Settings;
  /** Contains the built function. */
  readonly directory: string;
  /** Receives the events of asynchronous invocations that Lambda has given up. */
  readonly deadLetters: IQueue;
}

/** A function of a build, with a role and a log group of its own. */
export function lambdaFunction(
  scope: Construct,
  { settings, directory, deadLetters }: LambdaFunctionProps,
  props: Omit<FunctionProps, 'runtime' | 'code' | 'role'>,
): LambdaFunction {
  const logGroup = new LogGroup(scope, 'Log', {
    retention: settings.logRetentionDays,
    removalPolicy: settings.retainLogs ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  // The CDK's default role has an AWS managed policy, which permits writes to every log group of the account.
  const role = new Role(scope, 'Role', {
    assumedBy: serviceOfAccount(scope, 'lambda.amazonaws.com', 'StringEqualsIfExists'),
  });
  const actions = ['logs:CreateLogStream', 'logs:PutLogEvents'];
  role.addToPolicy(new PolicyStatement({ actions, resources: [logGroup.logGroupArn] }));
  if (settings.tracing) acknowledgeWildcard(scope, '*', 'The actions of X-Ray support no resource.');
  return new LambdaFunction(scope, 'Function', {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(directory),
    role,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
    deadLetterQueue: deadLetters,
    ...props,
  });
}

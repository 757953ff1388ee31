import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Settings } from './settings.ts';

/** The parts of a stack that its schedule calls, and that its alarms and its dashboard watch. */
export interface Parts {
  readonly settings: Settings;
  readonly function: LambdaFunction;
  readonly api: HttpApi;
  readonly deadLetters: IQueue;
  readonly stateMachine: StateMachine;
}

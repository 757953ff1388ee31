import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Settings } from './settings.ts';

/** The parts of a stack that its schedule calls, and that its alarms and its dashboard watch. */
export interface Parts {
  readonly settings: Settings;
  readonly function: LambdaFunction;
  readonly api: HttpApi;
  readonly deadLetters: IQueue;
  /** Receives the alarms. */
  readonly topic: ITopic;
  /** Logs out many sessions. */
  readonly fleet: IFunction;
}

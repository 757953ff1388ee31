import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Annotations, ArnFormat, Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { fleetName, stackName } from '../lambda/core/stack-name.ts';
import { FLEET_ALIAS, type FleetEnvironment } from '../lambda/fleet/environment.ts';
import { acknowledgeWildcard } from './acknowledge-wildcard.ts';
import { type LambdaFunctionProps, lambdaFunction } from './lambda-function.ts';

/** The durable function that logs out many sessions. It always exists. Without an execution it costs nothing. */
export class Fleet extends Construct {
  /** A durable function is invoked by a version or an alias. */
  readonly alias: IFunction;

  /**
   * @param target logs out one session
   * @param topic receives the digest
   */
  constructor(scope: Construct, id: string, props: LambdaFunctionProps, target: IFunction, topic: ITopic) {
    super(scope, id);
    const { name, maxConcurrency } = props.settings;
    const functionName = fleetName(stackName(name));
    const fleet = lambdaFunction(this, props, {
      functionName,
      description: 'Logs out many sessions: one call of the logout function for each',
      // A resumption reads the state of up to 1,000 operations again.
      memorySize: 1024,
      timeout: Duration.minutes(5),
      // The dead-letter queue also receives the event of an execution that failed, timed out or was stopped ("Best practices for Lambda
      // durable functions").
      durableConfig: { executionTimeout: Duration.days(1), retentionPeriod: Duration.days(30) },
      handler: 'handler.handler',
      environment: {
        BLINK_LOGOUT_NAME: stackName(name),
        TOPIC_ARN: topic.topicArn,
        MAX_CONCURRENCY: String(maxConcurrency),
      } satisfies FleetEnvironment,
    });
    // The function has been durable from its beginning, so that nothing is replaced.
    Annotations.of(fleet).acknowledgeInfo('aws-lambda:Function.DurableConfig');

    // The ARN contains the name, not a reference, because the function depends on the role's policy.
    const arn = Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: functionName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const allow = (actions: string[], ...resources: string[]) =>
      fleet.addToRolePolicy(new PolicyStatement({ actions, resources }));
    allow(['secretsmanager:ListSecrets'], '*');
    acknowledgeWildcard(this, '*', 'ListSecrets supports no resource.');
    allow(['lambda:InvokeFunction'], target.functionArn, `${arn}:${FLEET_ALIAS}`);
    // An execution's ARN extends that of the version, never that of the alias ("Security and permissions for Lambda durable functions").
    allow(['lambda:CheckpointDurableExecution', 'lambda:GetDurableExecutionState'], arn, `${arn}:*`);
    acknowledgeWildcard(
      this,
      `${arn}:*`,
      'Each deployment publishes a version, and executions belong to versions.',
    );
    allow(['sns:Publish'], topic.topicArn);

    // An execution that failed is not repeated; a start that Lambda throttles is.
    // The CDK's types do not know `exactOptionalPropertyTypes`.
    this.alias = fleet.addAlias(FLEET_ALIAS, {
      retryAttempts: 0,
      maxEventAge: Duration.hours(1),
    }) as IFunction;
  }
}

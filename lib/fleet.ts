import { Annotations, ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  type IFunction,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { fleetName, stackName } from '../lambda/core/stack-name.ts';
import { FLEET_ALIAS, type FleetEnvironment } from '../lambda/fleet/environment.ts';
import { acknowledgeWildcard } from './acknowledge-wildcard.ts';
import { serviceOfAccount } from './service-of-account.ts';
import type { Settings } from './settings.ts';

export interface FleetProps {
  readonly settings: Settings;
  /** Contains the built function. */
  readonly directory: string;
  /** Logs out one session. */
  readonly function: IFunction;
  /** Receives the digest. */
  readonly topic: ITopic;
  readonly deadLetters: IQueue;
}

/** The durable function that logs out many sessions. It always exists. Without an execution it costs nothing. */
export class Fleet extends Construct {
  /** A durable function is invoked by a version or an alias. */
  readonly alias: IFunction;

  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id);
    const { settings, directory, topic, deadLetters } = props;
    const name = stackName(settings.name);
    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetentionDays,
      removalPolicy: settings.retainLogs ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const fleet = new LambdaFunction(this, 'Function', {
      functionName: fleetName(name),
      description: 'Logs out many sessions: one call of the logout function for each',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // A resumption reads the state of up to 1,000 operations again.
      memorySize: 1024,
      timeout: Duration.minutes(5),
      durableConfig: { executionTimeout: Duration.days(1), retentionPeriod: Duration.days(30) },
      code: Code.fromAsset(directory),
      handler: 'handler.handler',
      environment: {
        BLINK_LOGOUT_NAME: name,
        TOPIC_ARN: topic.topicArn,
        MAX_CONCURRENCY: String(settings.maxConcurrency),
      } satisfies FleetEnvironment,
      role: this.#role(props, logGroup),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      // Also receives the event of an execution that failed, timed out or was stopped ("Best practices for Lambda durable functions").
      deadLetterQueue: deadLetters,
    });
    // The function has been durable from its beginning, so that nothing is replaced.
    Annotations.of(fleet).acknowledgeInfo('aws-lambda:Function.DurableConfig');
    // An execution that failed is not repeated; a start that Lambda throttles is.
    // The CDK's types do not know `exactOptionalPropertyTypes`.
    this.alias = fleet.addAlias(FLEET_ALIAS, {
      retryAttempts: 0,
      maxEventAge: Duration.hours(1),
    }) as IFunction;
  }

  #role({ settings, function: target, topic }: FleetProps, logGroup: LogGroup): Role {
    const stack = Stack.of(this);
    const name = fleetName(stackName(settings.name));
    // The ARN contains the name, not a reference, because the function depends on the role.
    const fleet = stack.formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const role = new Role(this, 'Role', { assumedBy: serviceOfAccount(this, 'lambda.amazonaws.com') });
    const allow = (actions: string[], ...resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn);
    allow(['secretsmanager:ListSecrets'], '*');
    allow(['lambda:InvokeFunction'], target.functionArn, `${fleet}:${FLEET_ALIAS}`);
    // An execution's ARN extends that of the version, never that of the alias ("Security and permissions for Lambda durable functions").
    allow(
      [
        'lambda:CheckpointDurableExecution',
        'lambda:GetDurableExecutionState',
        'lambda:GetDurableExecution',
        'lambda:ListDurableExecutionsByFunction',
      ],
      fleet,
      `${fleet}:*`,
    );
    allow(['sns:Publish'], topic.topicArn);
    acknowledgeWildcard(role, '*', 'ListSecrets and the actions of X-Ray support no resource.');
    acknowledgeWildcard(
      role,
      `${fleet}:*`,
      'Each deployment publishes a version, and executions belong to versions.',
    );
    return role;
  }
}

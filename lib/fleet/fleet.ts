import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { CfnStateMachine, DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { sessionSecretPrefix, stackName } from '../../lambda/core/stack-name.ts';
import type { Settings } from '../settings.ts';
import { FLEET_TIMEOUT_SECONDS, fleetDefinition } from './definition.ts';

export interface FleetProps {
  readonly settings: Settings;
  readonly function: IFunction;
  /** Receives the digest. */
  readonly topic: ITopic;
}

/** The state machine that logs out many sessions. It always exists. Without an execution it costs nothing. */
export class Fleet extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { settings, function: target, topic }: FleetProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const name = stackName(settings.name);
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      definitionBody: DefinitionBody.fromString(
        stack.toJsonString(
          fleetDefinition({
            partition: stack.partition,
            functionArn: target.functionArn,
            topicArn: topic.topicArn,
            secretPrefix: sessionSecretPrefix(name),
            metricsNamespace: name,
            maxConcurrency: settings.maxConcurrency,
            subject: `${name}: sessions were not logged out`,
          }),
        ),
      ),
      timeout: Duration.seconds(FLEET_TIMEOUT_SECONDS),
      role,
      tracingEnabled: settings.tracing,
    });
    for (const statement of permissions(target, topic, name)) role.addToPolicy(statement);
    this.#allowMapRuns(role);
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'ListSecrets, PutMetricData and the actions of X-Ray support no resource. PutMetricData is limited to the namespace.',
    });
    Validations.of(this.stateMachine).acknowledge({
      id: 'AwsSolutions-SF1',
      reason:
        'Step Functions keeps the history of each execution and of each session in it for 90 days. The function logs each run.',
    });
    if (!settings.tracing) {
      Validations.of(this.stateMachine).acknowledge({
        id: 'AwsSolutions-SF2',
        reason: 'The owner chooses traces with the setting "tracing".',
      });
    }
  }

  /** A distributed map starts its child executions on its own state machine ("IAM policies for using Distributed Map states"). */
  #allowMapRuns(role: Role): void {
    const stack = Stack.of(this);
    const executions = stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${this.stateMachine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    const policy = new Policy(this, 'MapRuns', {
      roles: [role],
      statements: [
        new PolicyStatement({
          actions: ['states:StartExecution'],
          resources: [this.stateMachine.stateMachineArn],
        }),
        new PolicyStatement({
          actions: ['states:DescribeExecution', 'states:StopExecution'],
          resources: [executions],
        }),
      ],
    });
    Validations.of(policy).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${logicalIdOf(this.stateMachine)}.Name>:*]`,
      reason: 'Step Functions names the child executions of a map run.',
    });
  }
}

function permissions(target: IFunction, topic: ITopic, namespace: string): readonly PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }),
    new PolicyStatement({ actions: ['secretsmanager:ListSecrets'], resources: ['*'] }),
    new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }),
    new PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': namespace } },
    }),
  ];
}

function logicalIdOf(stateMachine: StateMachine): string {
  const { defaultChild } = stateMachine.node;
  if (!(defaultChild instanceof CfnStateMachine)) throw new Error('StateMachine has no CfnStateMachine');
  return Stack.of(stateMachine).getLogicalId(defaultChild);
}

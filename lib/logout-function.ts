import { Arn, ArnFormat, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  FUNCTION_TIMEOUT_SECONDS,
  type FunctionEnvironment,
  NO_SHARED_FILES,
  SESSION_SECRET_PREFIX,
} from '../lambda/environment.ts';
import type { Settings } from './settings.ts';

export interface LogoutFunctionProps {
  readonly settings: Settings;
  /** Holds the built `handler.js`. */
  readonly bundleDirectory: string;
  readonly deadLetters: IQueue;
}

/** The function, with the rights to the sessions' secrets and to no other. */
export class LogoutFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, bundleDirectory, deadLetters }: LogoutFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    // A role of our own, as CDK's has AWS's managed policy, which may write to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'secretsmanager:GetSecretValue',
          'secretsmanager:ListSecretVersionIds',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [sessionSecretsArn(Stack.of(this))],
      }),
    );
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:${SESSION_SECRET_PREFIX}*]`,
      reason:
        'Sessions are made after the stack and without it; all are under this prefix, and nothing else is.',
    });
    if (settings.kmsKeyArn !== undefined) {
      role.addToPolicy(useOfKeyThroughSecretsManager(Stack.of(this), settings.kmsKeyArn));
    }

    if (settings.tracing) {
      Validations.of(role).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'X-Ray has no resource to name for PutTraceSegments and PutTelemetryRecords.',
      });
    }

    this.function = new LambdaFunction(this, 'Function', {
      description: 'Ends the session of a Blink client',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
      code: Code.fromAsset(bundleDirectory),
      handler: 'handler.handler',
      environment: {
        ...NO_SHARED_FILES,
        WEBHOOK_AUTH: settings.webhookAuth,
        BLINK_USER_AGENT: settings.blinkUserAgent,
      } satisfies FunctionEnvironment & typeof NO_SHARED_FILES,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      // Asynchronous invocations only. Twice is all that Lambda retries, after one minute and after two more.
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      deadLetterQueue: deadLetters,
    });
  }
}

function sessionSecretsArn(stack: Stack): string {
  return Arn.format(
    {
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${SESSION_SECRET_PREFIX}*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    },
    stack,
  );
}

/** Secrets Manager uses the key in the caller's name: to decrypt when it reads, and for a data key when it writes. */
function useOfKeyThroughSecretsManager(stack: Stack, keyArn: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [keyArn],
    conditions: { StringEquals: { 'kms:ViaService': `secretsmanager.${stack.region}.amazonaws.com` } },
  });
}

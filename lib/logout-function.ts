import { Arn, ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FUNCTION_TIMEOUT_SECONDS } from '../lambda/core/claim-life.ts';
import { sessionSecretPrefix, stackName, webhookKeySecretName } from '../lambda/core/stack-name.ts';
import { type FunctionEnvironment, NO_SHARED_FILES } from '../lambda/logout/environment.ts';
import { acknowledgeWildcard } from './acknowledge-wildcard.ts';
import { serviceOfAccount } from './service-of-account.ts';
import type { Settings } from './settings.ts';

export interface LogoutFunctionProps {
  readonly settings: Settings;
  /** Contains the built function. */
  readonly directory: string;
  readonly deadLetters: IQueue;
}

/** The function, with permissions for the sessions' secrets and no others. */
export class LogoutFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { settings, directory, deadLetters }: LogoutFunctionProps) {
    super(scope, id);
    const name = stackName(settings.name);
    const logGroup = new LogGroup(this, 'Log', {
      retention: settings.logRetentionDays,
      removalPolicy: settings.retainLogs ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });

    new QueryDefinition(this, 'Callers', {
      queryDefinitionName: `${name}/who-logged-out-whom`,
      logGroups: [logGroup],
      queryString: new QueryString({
        fields: [
          '@timestamp',
          'caller',
          'proof',
          'session',
          'clientId',
          'action',
          'message',
          'gatewayRequestId',
        ],
        filterStatements: ['ispresent(caller)'],
        sort: '@timestamp desc',
      }),
    });

    // The CDK's default role has an AWS managed policy, which permits writes to every log group of the account.
    const role = new Role(this, 'Role', { assumedBy: serviceOfAccount(this, 'lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    const sessions = secretArn(Stack.of(this), `${sessionSecretPrefix(name)}*`);
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [sessions],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        // The ARN contains the name, not a reference, so that the secret can depend on the role's policy.
        resources: [secretArn(Stack.of(this), `${webhookKeySecretName(name)}-??????`)],
      }),
    );
    acknowledgeWildcard(
      role,
      sessions,
      'Sessions are created after the stack and outside of it. All are under this prefix, and nothing else is.',
    );
    const anyKey = Arn.format(
      { service: 'kms', account: '*', resource: 'key', resourceName: '*' },
      Stack.of(this),
    );
    role.addToPolicy(useThroughSecretsManager(Stack.of(this), anyKey, name));
    acknowledgeWildcard(
      role,
      anyKey,
      'Any KMS key may encrypt a session, including a key that a setting named earlier. The conditions admit only the secrets of this stack.',
    );
    if (settings.tracing) {
      acknowledgeWildcard(
        role,
        '*',
        'PutTraceSegments and PutTelemetryRecords of X-Ray support no resource.',
      );
    }

    this.function = new LambdaFunction(this, 'Function', {
      functionName: name,
      description: 'Ends the session of a Blink client',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: settings.memoryMb,
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
      code: Code.fromAsset(directory),
      handler: 'init.handler',
      environment: {
        ...NO_SHARED_FILES,
        BLINK_LOGOUT_NAME: name,
        WEBHOOK_AUTH: settings.webhookAuth,
        BLINK_USER_AGENT: settings.blinkUserAgent,
        SESSION_METRICS: settings.sessionMetrics ? 'true' : 'false',
      } satisfies FunctionEnvironment & typeof NO_SHARED_FILES,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: settings.tracing ? Tracing.ACTIVE : Tracing.DISABLED,
      // For asynchronous invocations only. Lambda retries at most twice, after one minute and after two more.
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      deadLetterQueue: deadLetters,
    });
  }
}

function secretArn(stack: Stack, resourceName: string): string {
  return Arn.format(
    { service: 'secretsmanager', resource: 'secret', resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME },
    stack,
  );
}

/**
 * Secrets Manager uses a secret's KMS key with the caller's permissions: it decrypts to read, and generates a data key to
 * write. The encryption context names the secret (AWS Secrets Manager User Guide, "Secret encryption and decryption").
 * The permission does not depend on the setting `kmsKeyArn`: after a change, the function can still read under the old key.
 */
function useThroughSecretsManager(stack: Stack, kmsKeys: string, name: string): PolicyStatement {
  return new PolicyStatement({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [kmsKeys],
    conditions: {
      StringLike: {
        // No document says whether the value ends in .cn in China.
        'kms:ViaService': `secretsmanager.${stack.region}.amazonaws.com*`,
        'kms:EncryptionContext:SecretARN': [
          secretArn(stack, `${sessionSecretPrefix(name)}*`),
          secretArn(stack, `${webhookKeySecretName(name)}-??????`),
        ],
      },
    },
  });
}

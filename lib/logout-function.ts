import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs';
import { ArnFormat, Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { FUNCTION_TIMEOUT_SECONDS } from '../lambda/core/claim-life.ts';
import { sessionSecretPrefix, stackName, webhookKeySecretName } from '../lambda/core/stack-name.ts';
import { type FunctionEnvironment, NO_SHARED_FILES } from '../lambda/logout/environment.ts';
import { acknowledgeWildcard } from './acknowledge-wildcard.ts';
import { type LambdaFunctionProps, lambdaFunction } from './lambda-function.ts';

/** The function, with permissions for the sessions' secrets and no others. */
export class LogoutFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: LambdaFunctionProps) {
    super(scope, id);
    const { settings } = props;
    const name = stackName(settings.name);
    this.function = lambdaFunction(this, props, {
      functionName: name,
      description: 'Ends the session of a Blink client',
      memorySize: settings.memoryMb,
      timeout: Duration.seconds(FUNCTION_TIMEOUT_SECONDS),
      handler: 'init.handler',
      environment: {
        ...NO_SHARED_FILES,
        BLINK_LOGOUT_NAME: name,
        WEBHOOK_AUTH: settings.webhookAuth,
        BLINK_USER_AGENT: settings.blinkUserAgent,
        SESSION_METRICS: settings.sessionMetrics ? 'true' : 'false',
      } satisfies FunctionEnvironment & typeof NO_SHARED_FILES,
      // For asynchronous invocations only. Lambda retries at most twice, after one minute and after two more.
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
    });
    this.#allowSecrets(name);

    new QueryDefinition(this, 'Callers', {
      queryDefinitionName: `${name}/who-logged-out-whom`,
      logGroups: [this.function.logGroup],
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
  }

  /** The ARNs contain names, not references, so that the webhook's key can depend on the role's policy. */
  #allowSecrets(name: string): void {
    const stack = Stack.of(this);
    const secretArn = (resourceName: string) =>
      stack.formatArn({
        service: 'secretsmanager',
        resource: 'secret',
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    const sessions = secretArn(`${sessionSecretPrefix(name)}*`);
    const webhookKey = secretArn(`${webhookKeySecretName(name)}-??????`);
    const allow = (resource: string, ...calls: string[]) => {
      const actions = calls.map((call) => `secretsmanager:${call}`);
      this.function.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
    };
    allow(sessions, 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage');
    allow(webhookKey, 'GetSecretValue');
    acknowledgeWildcard(
      this,
      sessions,
      'Sessions are created after the stack and outside of it. All are under this prefix, and nothing else is.',
    );
    // Secrets Manager uses a secret's KMS key with the caller's permissions: it decrypts to read, and generates a data key to write. The
    // encryption context names the secret (AWS Secrets Manager User Guide, "Secret encryption and decryption"). The permission does not
    // depend on the setting `kmsKeyArn`: after a change, the function can still read under the old key.
    const anyKey = stack.formatArn({ service: 'kms', account: '*', resource: 'key', resourceName: '*' });
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [anyKey],
        conditions: {
          StringLike: {
            // No document says whether the value ends in .cn in China.
            'kms:ViaService': `secretsmanager.${stack.region}.amazonaws.com*`,
            'kms:EncryptionContext:SecretARN': [sessions, webhookKey],
          },
        },
      }),
    );
    acknowledgeWildcard(
      this,
      anyKey,
      'Any KMS key may encrypt a session, including a key that a setting named earlier. The conditions admit only the secrets of this stack.',
    );
  }
}

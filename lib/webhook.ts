import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnStage,
  HttpApi,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { RemovalPolicy, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { stackName, webhookKeySecretName } from '../lambda/core/stack-name.ts';
import { LOGOUT_PATHS } from '../lambda/core/webhook-routes.ts';
import type { Settings } from './settings.ts';

/** The metric of calls that were answered with 401 or 403, by the gateway or by the function. */
export const WEBHOOK_REFUSALS = 'WebhookRefusals';

/** The HTTP API in front of the function, and the key of its callers. */
export class Webhook extends Construct {
  readonly api: HttpApi;
  /** For the API mapping of a custom domain. */
  readonly stage: HttpStage;
  /** The URL of `POST /logout`. */
  readonly url: string;

  constructor(scope: Construct, id: string, settings: Settings, target: LambdaFunction) {
    super(scope, id);
    const integration = new HttpLambdaIntegration('Integration', target);
    this.api = new HttpApi(this, 'Api', {
      apiName: stackName(settings.name),
      description: 'Ends the session of a Blink client',
      createDefaultStage: false,
      // For all other paths and methods: unauthenticated callers get the same answer on every path.
      defaultIntegration: integration,
      ...(settings.webhookAuth === 'iam' && { defaultAuthorizer: new HttpIamAuthorizer() }),
    });
    for (const path of LOGOUT_PATHS) {
      this.api.addRoutes({ path, methods: [HttpMethod.POST], integration });
    }
    if (settings.webhookAuth === 'key') {
      Validations.of(this.api).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'The function itself checks the key, or the signature made with it, before it reads a session.',
      });
    }
    const accessLog = new LogGroup(this, 'AccessLog', {
      // A log group under this prefix needs no entry in the account's resource policy, whose size is limited.
      logGroupName: `/aws/vendedlogs/${stackName(settings.name)}/webhook`,
      retention: settings.logRetentionDays,
      removalPolicy: settings.retainLogs ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    new MetricFilter(this, 'Refusals', {
      logGroup: accessLog,
      filterPattern: FilterPattern.any(
        ...['401', '403'].map((status) => FilterPattern.stringValue('$.status', '=', status)),
      ),
      metricNamespace: stackName(settings.name),
      metricName: WEBHOOK_REFUSALS,
    });
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: settings.webhookRatePerSecond, burstLimit: settings.webhookBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
      },
    });
    limitUnknownPaths(this.stage);
    // API Gateway refuses route settings of a route that does not exist yet.
    this.stage.node.addDependency(this.api);
    this.url = `${this.api.apiEndpoint}${LOGOUT_PATHS[0]}`;
    this.#addKey(settings, target);
  }

  /** Both modes of authentication have the key, so that a change of mode keeps it. It is deleted only with the stack. */
  #addKey(settings: Settings, reader: LambdaFunction): void {
    const key = new Secret(this, 'Key', {
      secretName: webhookKeySecretName(stackName(settings.name)),
      description: 'The key of the blink-logout webhook',
      // 64 letters and digits are also base64, which Standard Webhooks require: `whsec_<key>`.
      // A change here replaces every key in use at the next deployment.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      ...(settings.kmsKeyArn === undefined
        ? {}
        : { encryptionKey: Key.fromKeyArn(this, 'EncryptionKey', settings.kmsKeyArn) }),
      // CloudFormation deletes without a recovery window, so the name is free for the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(key).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'Callers have a copy of the key, so it is rotated by hand. The previous key works until the next rotation.',
    });
    // CloudFormation updates the function's permissions first, so that it can read a key that moves to another KMS key.
    key.node.addDependency(reader.grantPrincipal);
  }
}

/**
 * Gives the route $default a separate token bucket, so that scanners cannot use up the requests of POST /logout
 * (API Gateway Developer Guide, "Throttle requests to your HTTP APIs").
 */
function limitUnknownPaths(stage: HttpStage): void {
  const { defaultChild } = stage.node;
  if (!(defaultChild instanceof CfnStage)) throw new Error('HttpStage has no CfnStage');
  defaultChild.routeSettings = { $default: { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 5 } };
}

/** The caller of a request, and the result. No header, because callers put credentials there. */
const ACCESS_LOG_FIELDS = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  callerArn: '$context.identity.userArn',
  routeKey: '$context.routeKey',
  path: '$context.path',
  /** The request id of the function's run. */
  runRequestId: '$context.integration.requestId',
  status: '$context.status',
  responseLatencyMs: '$context.responseLatency',
  integrationStatus: '$context.integrationStatus',
  integrationLatencyMs: '$context.integrationLatency',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
};

import * as v from 'valibot';
import { readCloudAssembly } from './cloud-assembly.ts';

/**
 * What would be deployed, as far as it can be run on this machine. It is read out of the synthesized template, so that
 * there is no second list of it.
 */
export interface Deployment {
  readonly function: DeployedFunction;
  readonly routes: readonly Route[];
  readonly rule: Rule;
  readonly webhookKey: GeneratedSecret;
}

export interface DeployedFunction {
  readonly name: string;
  /** Absolute. */
  readonly assetDirectory: string;
  readonly handler: string;
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly logFormat: 'JSON' | 'Text';
}

export interface Route {
  /** A method and a path with parameters, such as `POST /logout/{session}`. */
  readonly key: string;
  readonly authorization: 'NONE' | 'AWS_IAM';
  /** How long the gateway waits for the function. */
  readonly timeoutMs: number;
}

export interface Rule {
  readonly name: string;
  readonly enabled: boolean;
  readonly schedule: string;
  /** What the function is given in place of the event itself, where something is set. */
  readonly input: unknown;
}

export interface GeneratedSecret {
  readonly name: string;
  readonly passwordLength: number;
  readonly excludePunctuation: boolean;
}

/** The logical id in a reference to a resource's ARN. */
const arnSchema = v.pipe(
  v.object({ 'Fn::GetAtt': v.tuple([v.string(), v.literal('Arn')]) }),
  v.transform((reference) => reference['Fn::GetAtt'][0]),
);

const functionSchema = v.object({
  FunctionName: v.optional(v.string()),
  Code: v.object({ S3Key: v.string() }),
  Handler: v.string(),
  Runtime: v.string(),
  Environment: v.optional(v.object({ Variables: v.record(v.string(), v.string()) }), { Variables: {} }),
  Timeout: v.optional(v.number(), 3),
  MemorySize: v.optional(v.number(), 128),
  LoggingConfig: v.optional(v.object({ LogFormat: v.optional(v.picklist(['JSON', 'Text']), 'Text') }), {}),
});

/** An HTTP API waits for 30 seconds, unless told to be less patient (API Gateway Developer Guide, "Quotas for HTTP APIs"). */
const integrationSchema = v.object({
  IntegrationType: v.literal('AWS_PROXY'),
  IntegrationUri: arnSchema,
  PayloadFormatVersion: v.literal('2.0'),
  TimeoutInMillis: v.optional(v.number(), 30_000),
});

const routeSchema = v.object({
  RouteKey: v.string(),
  AuthorizationType: v.optional(v.picklist(['NONE', 'AWS_IAM']), 'NONE'),
  Target: v.pipe(
    v.object({
      'Fn::Join': v.tuple([
        v.literal(''),
        v.tuple([v.literal('integrations/'), v.object({ Ref: v.string() })]),
      ]),
    }),
    v.transform((target) => target['Fn::Join'][1][1].Ref),
  ),
});

const ruleSchema = v.object({
  Name: v.optional(v.string()),
  State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
  ScheduleExpression: v.string(),
  Targets: v.tuple([v.object({ Arn: arnSchema, Input: v.optional(v.pipe(v.string(), v.parseJson())) })]),
});

const secretSchema = v.object({
  Name: v.string(),
  GenerateSecretString: v.strictObject({
    PasswordLength: v.optional(v.number(), 32),
    ExcludePunctuation: v.optional(v.boolean(), false),
  }),
});

/** @param directory a cloud assembly with one stack, in which one function serves every route and the one rule, and one secret is generated */
export async function readDeployment(directory: string): Promise<Deployment> {
  const { resources, assetDirectory } = await readCloudAssembly(directory);
  const { id: functionId, properties: fn } = resources.only('AWS::Lambda::Function', functionSchema);
  const { id: ruleId, properties: rule } = resources.only('AWS::Events::Rule', ruleSchema);
  const integrations = new Map(
    resources
      .all('AWS::ApiGatewayV2::Integration', integrationSchema)
      .map(({ id, properties }) => [id, properties]),
  );
  const routes = resources.all('AWS::ApiGatewayV2::Route', routeSchema).map(({ id, properties }): Route => {
    const integration = integrations.get(properties.Target);
    if (integration?.IntegrationUri !== functionId) throw new Error(`${id} does not lead to the function`);
    return {
      key: properties.RouteKey,
      authorization: properties.AuthorizationType,
      timeoutMs: integration.TimeoutInMillis,
    };
  });
  const [target] = rule.Targets;
  if (target.Arn !== functionId) throw new Error(`${ruleId} does not lead to the function`);
  const { properties: key } = resources.only('AWS::SecretsManager::Secret', secretSchema);
  return {
    function: {
      name: fn.FunctionName ?? functionId,
      assetDirectory: assetDirectory(fn.Code.S3Key),
      handler: fn.Handler,
      runtime: fn.Runtime,
      environment: fn.Environment.Variables,
      timeoutSeconds: fn.Timeout,
      memoryMb: fn.MemorySize,
      logFormat: fn.LoggingConfig.LogFormat,
    },
    routes,
    rule: {
      name: rule.Name ?? ruleId,
      enabled: rule.State === 'ENABLED',
      schedule: rule.ScheduleExpression,
      input: target.Input,
    },
    webhookKey: {
      name: key.Name,
      passwordLength: key.GenerateSecretString.PasswordLength,
      excludePunctuation: key.GenerateSecretString.ExcludePunctuation,
    },
  };
}

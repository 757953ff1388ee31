import * as v from 'valibot';
import { ACCOUNT_ID, REGION } from './account.ts';
import { assetDirectory, only, readResources } from './cloud-assembly.ts';

/** The parts of the synthesized template that run on this machine. */
export interface Deployment {
  readonly function: DeployedFunction;
  readonly routes: readonly Route[];
  readonly rule: Rule;
  readonly webhookKey: v.InferOutput<typeof secretSchema>;
  /** The durable function that logs out many sessions. */
  readonly fleet: DeployedFunction;
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
  /** Such as `POST /logout/{session}`, or `$default`. */
  readonly key: string;
  readonly authorization: 'NONE' | 'AWS_IAM';
  /** The gateway's timeout for the function. */
  readonly timeoutMs: number;
}

export interface Rule {
  readonly name: string;
  readonly enabled: boolean;
  readonly schedule: string;
  /** The input that replaces the event, if one is set. */
  readonly input: unknown;
}

/** Parses a reference to a resource's ARN into its logical id. */
const arnSchema = v.pipe(
  v.object({ 'Fn::GetAtt': v.tuple([v.string(), v.literal('Arn')]) }),
  v.transform((reference) => reference['Fn::GetAtt'][0]),
);

/** Of the variables, only the topic's is a reference. */
const topicSchema = v.pipe(
  v.object({ Ref: v.string() }),
  v.transform(({ Ref: id }) => `arn:aws:sns:${REGION}:${ACCOUNT_ID}:${id}`),
);

const functionSchema = v.object({
  DurableConfig: v.optional(v.object({ ExecutionTimeout: v.number() })),
  FunctionName: v.optional(v.string()),
  Code: v.object({ S3Key: v.string() }),
  Handler: v.string(),
  Runtime: v.string(),
  Environment: v.optional(v.object({ Variables: v.record(v.string(), v.union([v.string(), topicSchema])) }), {
    Variables: {},
  }),
  Timeout: v.optional(v.number(), 3),
  MemorySize: v.optional(v.number(), 128),
  LoggingConfig: v.optional(v.object({ LogFormat: v.optional(v.picklist(['JSON', 'Text']), 'Text') }), {}),
});

/** The default timeout is 30 seconds (API Gateway Developer Guide, "Quotas for HTTP APIs"). */
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

const secretSchema = v.pipe(
  v.object({
    Name: v.string(),
    GenerateSecretString: v.strictObject({
      PasswordLength: v.optional(v.number(), 32),
      ExcludePunctuation: v.optional(v.boolean(), false),
    }),
  }),
  v.transform(({ Name: name, GenerateSecretString: { PasswordLength, ExcludePunctuation } }) => ({
    name,
    passwordLength: PasswordLength,
    excludePunctuation: ExcludePunctuation,
  })),
);

/** @param directory a cloud assembly with one stack: one function as the target of all routes and of one rule, one durable function, and one generated secret */
export async function readDeployment(directory: string): Promise<Deployment> {
  const resources = await readResources(directory);
  const functions = resources.all('AWS::Lambda::Function', functionSchema);
  const logout = only(
    'function',
    functions.filter(({ properties }) => properties.DurableConfig === undefined),
  );
  const fleet = only(
    'durable function',
    functions.filter(({ properties }) => properties.DurableConfig),
  );
  const functionId = logout.id;
  const deployed = ({ id, properties: fn }: (typeof functions)[number]): DeployedFunction => ({
    name: fn.FunctionName ?? id,
    assetDirectory: assetDirectory(directory, fn.Code.S3Key),
    handler: fn.Handler,
    runtime: fn.Runtime,
    environment: fn.Environment.Variables,
    timeoutSeconds: fn.Timeout,
    memoryMb: fn.MemorySize,
    logFormat: fn.LoggingConfig.LogFormat,
  });
  const { id: ruleId, properties: rule } = resources.only('AWS::Events::Rule', ruleSchema);
  const integrations = new Map(
    resources
      .all('AWS::ApiGatewayV2::Integration', integrationSchema)
      .map(({ id, properties }) => [id, properties]),
  );
  const routes = resources.all('AWS::ApiGatewayV2::Route', routeSchema).map(({ id, properties }): Route => {
    const integration = integrations.get(properties.Target);
    if (integration?.IntegrationUri !== functionId)
      throw new Error(`${id} does not have the function as its target`);
    return {
      key: properties.RouteKey,
      authorization: properties.AuthorizationType,
      timeoutMs: integration.TimeoutInMillis,
    };
  });
  const [target] = rule.Targets;
  if (target.Arn !== functionId) throw new Error(`${ruleId} does not have the function as its target`);
  return {
    function: deployed(logout),
    fleet: deployed(fleet),
    routes,
    rule: {
      name: rule.Name ?? ruleId,
      enabled: rule.State === 'ENABLED',
      schedule: rule.ScheduleExpression,
      input: target.Input,
    },
    webhookKey: resources.only('AWS::SecretsManager::Secret', secretSchema).properties,
  };
}

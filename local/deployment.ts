import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import * as v from 'valibot';
import { ACCOUNT_ID, REGION } from './account.ts';

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

/** A reference to the function, to which all routes and the rule lead. */
function arnOf(functionId: string) {
  return v.object({ 'Fn::GetAtt': v.tuple([v.literal(functionId), v.literal('Arn')]) });
}

/** The default timeout is 30 seconds (API Gateway Developer Guide, "Quotas for HTTP APIs"). */
function integrationSchema(functionId: string) {
  return v.object({
    IntegrationType: v.literal('AWS_PROXY'),
    IntegrationUri: arnOf(functionId),
    PayloadFormatVersion: v.literal('2.0'),
    TimeoutInMillis: v.optional(v.number(), 30_000),
  });
}

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

function ruleSchema(functionId: string) {
  const input = v.optional(v.pipe(v.string(), v.parseJson()));
  return v.object({
    Name: v.optional(v.string()),
    State: v.optional(v.picklist(['ENABLED', 'DISABLED']), 'ENABLED'),
    ScheduleExpression: v.string(),
    Targets: v.tuple([v.object({ Arn: arnOf(functionId), Input: input })]),
  });
}

const secretSchema = v.object({
  Name: v.string(),
  GenerateSecretString: v.strictObject({
    PasswordLength: v.optional(v.number(), 32),
    ExcludePunctuation: v.optional(v.boolean(), false),
  }),
});

/** @param directory of `cdk synth`, with one stack: one function as the target of all routes and of one rule, one durable function, and one generated secret */
export async function readDeployment(directory: string): Promise<Deployment> {
  const resources = await readResources(directory);
  const functions = resources('AWS::Lambda::Function', functionSchema);
  const logout = only(
    'function',
    functions.filter(({ DurableConfig }) => DurableConfig === undefined),
  );
  const fleet = only(
    'durable function',
    functions.filter(({ DurableConfig }) => DurableConfig),
  );
  const rule = only('rule', resources('AWS::Events::Rule', ruleSchema(logout.id)));
  const integrations = resources('AWS::ApiGatewayV2::Integration', integrationSchema(logout.id));
  const deployed = (fn: typeof logout): DeployedFunction => ({
    name: fn.FunctionName ?? fn.id,
    // The CDK uploads the directory `asset.<hash>` as `<hash>.zip`.
    assetDirectory: join(directory, `asset.${parse(fn.Code.S3Key).name}`),
    handler: fn.Handler,
    runtime: fn.Runtime,
    environment: fn.Environment.Variables,
    timeoutSeconds: fn.Timeout,
    memoryMb: fn.MemorySize,
    logFormat: fn.LoggingConfig.LogFormat,
  });
  return {
    function: deployed(logout),
    fleet: deployed(fleet),
    routes: resources('AWS::ApiGatewayV2::Route', routeSchema).map((route) => ({
      key: route.RouteKey,
      authorization: route.AuthorizationType,
      timeoutMs: only(
        'integration',
        integrations.filter(({ id }) => id === route.Target),
      ).TimeoutInMillis,
    })),
    rule: {
      name: rule.Name ?? rule.id,
      enabled: rule.State === 'ENABLED',
      schedule: rule.ScheduleExpression,
      input: rule.Targets[0].Input,
    },
    webhookKey: only('secret', resources('AWS::SecretsManager::Secret', secretSchema)),
  };
}

const templateSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    Resources: v.record(v.string(), v.object({ Type: v.string(), Properties: v.optional(v.unknown(), {}) })),
  }),
);

/** Returns a function that reads the template's resources of a type, with their logical ids. */
async function readResources(directory: string) {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.template.json'));
  const template = await readFile(join(directory, only('template', files)), 'utf8');
  const resources = Object.entries(v.parse(templateSchema, template).Resources);
  return <S extends v.GenericSchema<unknown, object>>(type: string, schema: S) =>
    resources
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]) => {
        const parsed = v.safeParse(schema, Properties);
        if (parsed.success) return { ...parsed.output, id };
        throw new Error(
          `${type} ${id} has properties that the local run does not support:\n${v.summarize(parsed.issues)}`,
        );
      });
}

function only<T>(what: string, candidates: readonly T[]): T {
  const [first, ...others] = candidates;
  if (first !== undefined && others.length === 0) return first;
  throw new Error(`expected one ${what}, found ${candidates.length}`);
}

import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import * as v from 'valibot';
import { ACCOUNT_ID, REGION } from './account.ts';

/** The parts of the synthesized template that run on this machine. */
export interface Deployment {
  readonly function: DeployedFunction;
  /** Their keys, such as `POST /logout/{session}`, or `$default`. All lead to the function. */
  readonly routes: readonly string[];
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
}

export interface Rule {
  readonly name: string;
  readonly enabled: boolean;
  readonly schedule: string;
}

/** Of the variables, only the topic's is a reference. */
const topicSchema = v.pipe(
  v.object({ Ref: v.string() }),
  v.transform(({ Ref: id }) => `arn:aws:sns:${REGION}:${ACCOUNT_ID}:${id}`),
);

const functionSchema = v.object({
  DurableConfig: v.optional(v.object({ ExecutionTimeout: v.number() })),
  FunctionName: v.string(),
  Code: v.object({ S3Key: v.string() }),
  Handler: v.string(),
  Runtime: v.string(),
  Environment: v.object({ Variables: v.record(v.string(), v.union([v.string(), topicSchema])) }),
  Timeout: v.number(),
  MemorySize: v.number(),
  LoggingConfig: v.object({ LogFormat: v.literal('JSON') }),
});

/** Without the settings that give callers signatures, and the schedule many sessions. */
const routeSchema = v.object({ RouteKey: v.string(), AuthorizationType: v.literal('NONE') });

const ruleSchema = v.object({
  State: v.picklist(['ENABLED', 'DISABLED']),
  ScheduleExpression: v.string(),
  Targets: v.tuple([v.object({ Input: v.optional(v.never()) })]),
});

const secretSchema = v.object({
  Name: v.string(),
  GenerateSecretString: v.strictObject({ PasswordLength: v.number(), ExcludePunctuation: v.literal(true) }),
});

/** @param directory of `cdk synth`, with one stack: a function, a durable function, routes, a rule and a generated secret */
export async function readDeployment(directory: string): Promise<Deployment> {
  const resources = await readResources(directory);
  const deployed = (fn: v.InferOutput<typeof functionSchema>): DeployedFunction => ({
    name: fn.FunctionName,
    // The CDK uploads the directory `asset.<hash>` as `<hash>.zip`.
    assetDirectory: join(directory, `asset.${parse(fn.Code.S3Key).name}`),
    handler: fn.Handler,
    runtime: fn.Runtime,
    environment: fn.Environment.Variables,
    timeoutSeconds: fn.Timeout,
    memoryMb: fn.MemorySize,
  });
  const functions = resources('AWS::Lambda::Function', functionSchema);
  const rule = only('rule', resources('AWS::Events::Rule', ruleSchema));
  return {
    function: deployed(
      only(
        'function',
        functions.filter(({ DurableConfig }) => DurableConfig === undefined),
      ),
    ),
    fleet: deployed(
      only(
        'durable function',
        functions.filter(({ DurableConfig }) => DurableConfig),
      ),
    ),
    routes: resources('AWS::ApiGatewayV2::Route', routeSchema).map(({ RouteKey }) => RouteKey),
    rule: { name: rule.id, enabled: rule.State === 'ENABLED', schedule: rule.ScheduleExpression },
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

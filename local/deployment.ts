import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import * as v from 'valibot';
import { fleetName, stackName } from '../lambda/core/stack-name.ts';
import { ACCOUNT_ID, REGION } from './account.ts';

/** The parts of the synthesized template that run on this machine. */
export interface Deployment {
  readonly function: DeployedFunction;
  /** The durable function that logs out many sessions. */
  readonly fleet: DeployedFunction;
  /** Their keys, such as `POST /logout/{session}`, or `$default`. All lead to the function. */
  readonly routes: readonly string[];
  /** Of the rule, which is disabled. */
  readonly schedule: string;
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

const templateSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ Resources: v.record(v.string(), v.object({ Type: v.string(), Properties: v.unknown() })) }),
);

/** Of the variables, only the topic's is a reference. */
const topicSchema = v.pipe(
  v.object({ Ref: v.string() }),
  v.transform(({ Ref: id }) => `arn:aws:sns:${REGION}:${ACCOUNT_ID}:${id}`),
);

const functionSchema = (name: string) =>
  v.object({
    FunctionName: v.literal(name),
    Code: v.object({ S3Key: v.string() }),
    Handler: v.string(),
    Runtime: v.string(),
    Environment: v.object({ Variables: v.record(v.string(), v.union([v.string(), topicSchema])) }),
    Timeout: v.number(),
    MemorySize: v.number(),
    LoggingConfig: v.object({ LogFormat: v.literal('JSON') }),
  });

const functionsSchema = v.strictTuple([functionSchema(stackName()), functionSchema(fleetName(stackName()))]);
const routesSchema = v.array(v.object({ RouteKey: v.string(), AuthorizationType: v.literal('NONE') }));
const rulesSchema = v.strictTuple([
  v.object({ State: v.literal('DISABLED'), ScheduleExpression: v.string() }),
]);

/** @param directory of `cdk synth` with the default settings */
export async function readDeployment(directory: string): Promise<Deployment> {
  const template = await readFile(join(directory, `${stackName()}.template.json`), 'utf8');
  const resources = Object.values(v.parse(templateSchema, template).Resources);
  const ofType = (type: string) =>
    resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  const deployed = (fn: v.InferOutput<typeof functionsSchema>[number]): DeployedFunction => ({
    name: fn.FunctionName,
    // The CDK uploads the directory `asset.<hash>` as `<hash>.zip`.
    assetDirectory: join(directory, `asset.${parse(fn.Code.S3Key).name}`),
    handler: fn.Handler,
    runtime: fn.Runtime,
    environment: fn.Environment.Variables,
    timeoutSeconds: fn.Timeout,
    memoryMb: fn.MemorySize,
  });
  const [logout, fleet] = v.parse(functionsSchema, ofType('AWS::Lambda::Function'));
  const [rule] = v.parse(rulesSchema, ofType('AWS::Events::Rule'));
  return {
    function: deployed(logout),
    fleet: deployed(fleet),
    routes: v.parse(routesSchema, ofType('AWS::ApiGatewayV2::Route')).map(({ RouteKey }) => RouteKey),
    schedule: rule.ScheduleExpression,
  };
}

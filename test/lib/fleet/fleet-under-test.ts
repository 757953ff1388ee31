import { fleetDefinition } from '../../../lib/fleet/definition.ts';
import { type Execution, execute } from '../../../local/step-functions/execute.ts';

/** What Secrets Manager, the function and Amazon SNS were asked for by the state machine. */
export interface Night {
  readonly execution: Execution;
  readonly listed: readonly unknown[];
  readonly calls: readonly string[];
  readonly digests: readonly { readonly Subject: string; readonly Message: string }[];
  readonly figures: Readonly<Record<string, number>>;
}

export interface NightOptions {
  /** The secrets' names. */
  readonly secrets?: readonly string[];
  /** An error's name for each call of the function that fails, by session. */
  readonly failures?: Readonly<Record<string, readonly string[]>>;
  /** An error's name for a task that always fails, by its resource. */
  readonly broken?: Readonly<Record<string, string>>;
}

export const DEFINITION = fleetDefinition({
  partition: 'aws',
  functionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:logout',
  topicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms',
  secretPrefix: 'blink-logout/',
  metricsNamespace: 'blink-logout',
  maxConcurrency: 2,
  subject: 'blink-logout: sessions were not logged out',
});

/** Runs the definition on the interpreter, without its waits. */
export async function night(
  input: unknown,
  { secrets = [], failures = {}, broken = {} }: NightOptions = {},
): Promise<Night> {
  const calls: string[] = [];
  const listed: unknown[] = [];
  const digests: Night['digests'][number][] = [];
  const figures: Record<string, number> = {};
  const left = new Map(Object.entries(failures).map(([session, errors]) => [session, [...errors]]));
  // biome-ignore lint/suspicious/noExplicitAny: the parameters are asserted by the tests.
  const integrations: Record<string, (parameters: any) => unknown> = {
    'aws-sdk:secretsmanager:listSecrets': (parameters) => {
      listed.push(parameters);
      const start = Number(parameters.NextToken ?? 0);
      const end = start + parameters.MaxResults;
      const page = secrets.slice(start, end).map((Name) => ({ Name, ARN: `arn:${Name}` }));
      return { SecretList: page, ...(end < secrets.length && { NextToken: String(end) }) };
    },
    'lambda:invoke': ({ Payload: { session, action } }) => {
      calls.push(`${action} ${session}`);
      const error = left.get(session)?.shift();
      if (error !== undefined) throw named(error);
      return { Payload: { outcome: 'logged_out', session }, StatusCode: 200 };
    },
    'sns:publish': (parameters) => {
      digests.push(parameters);
      return { MessageId: 'm' };
    },
    'aws-sdk:cloudwatch:putMetricData': ({ MetricData }) => {
      for (const { MetricName, Value } of MetricData) figures[MetricName] = Value;
      return {};
    },
  };
  const execution = await execute(DEFINITION, input, {
    integrations: Object.fromEntries(
      Object.entries(integrations).map(([resource, integration]) => [
        resource,
        async (parameters) => {
          const error = broken[resource];
          if (error !== undefined) throw named(error);
          return integration(parameters);
        },
      ]),
    ),
    waitsMs: { 'Spread the start': 0 },
    retriesMs: Object.fromEntries(
      Object.keys(DEFINITION.States)
        .concat('Log out')
        .map((name) => [name, [0, 0, 0]]),
    ),
  });
  return { execution, listed, calls, digests, figures };
}

function named(name: string): Error {
  return Object.assign(new Error('of the test'), { name });
}

import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { LOGOUT_PATHS } from '../../../lambda/logout/webhook/routes.ts';
import type { LocalPorts } from '../../../local/local-ports.ts';
import { startLocalRun } from '../errors/explain-aws.ts';
import type { Target } from '../target.ts';
import { type Check, notOk, ok, type TriedSessions } from './check.ts';
import { roleReadsSessions } from './function-checks.ts';
import { webhookAnswers } from './webhook-check.ts';

const TIMEOUT_MS = 5_000;

const functionsSchema = v.object({ Functions: v.tuple([v.object({ FunctionName: v.string() })]) });

/** What `npm start -- --serve` has: the function with its webhook, and Blink's stand-in. The webhook asks for the key. */
export function localChecks(target: Target, ports: LocalPorts, sessions: TriedSessions): readonly Check[] {
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const client = new LambdaClient({ ...target.clientConfig, endpoint: url(ports.lambdaApi) });
  return [
    {
      name: 'function',
      async look() {
        const { Functions } = v.parse(functionsSchema, await client.send(new ListFunctionsCommand({})));
        return roleReadsSessions(client, Functions[0].FunctionName, sessions.readable).look();
      },
    },
    webhookAnswers(target, {
      url: `${url(ports.httpApi)}${LOGOUT_PATHS[0]}`,
      auth: 'key',
      session: sessions.usable,
    }),
    {
      name: 'blink',
      look: async () =>
        (await answers(url(ports.blink)))
          ? ok('Blink’s stand-in answers.')
          : notOk('Blink’s stand-in does not answer.', startLocalRun(target)),
    },
  ];
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { type Effect, Faults } from '../faults.ts';
import {
  type Answer,
  type LoopbackServer,
  type LoopbackServerOptions,
  type Request,
  startLoopbackServer,
} from '../loopback-server.ts';
import { SettableClock } from '../settable-clock.ts';
import { ACTIONS } from './actions.ts';
import { Secrets } from './secrets.ts';
import { errorAnswer, SecretsManagerError } from './secrets-manager-error.ts';

/** What is remembered of a call. Never a secret's text. */
export interface SecretsManagerCall {
  readonly action: string;
  readonly secretId: string | undefined;
  /** The version asked for, written, or moved to. */
  readonly versionId: string | undefined;
  readonly labels: readonly string[];
  readonly atMs: number;
  /** It came with temporary credentials. */
  readonly hasSessionToken: boolean;
}

export interface SecretsManagerStandIn extends LoopbackServer {
  readonly secrets: Secrets;
  readonly clock: SettableClock;
  readonly faults: Faults<SecretsManagerCall>;
  /** Every call that came in, whatever became of it. */
  readonly calls: readonly SecretsManagerCall[];
}

const TARGET = /^secretsmanager\.([A-Za-z]+)$/;

/** Secrets Manager on this machine: AWS JSON 1.1 over HTTP, its versions and labels in memory. */
export async function startSecretsManager(
  options: LoopbackServerOptions = {},
): Promise<SecretsManagerStandIn> {
  const clock = new SettableClock();
  const secrets = new Secrets(clock);
  const faults = new Faults<SecretsManagerCall>();
  const calls: SecretsManagerCall[] = [];
  const server = await startLoopbackServer(options, async (request) => {
    const call = describe(request, clock.nowMs());
    calls.push(call);
    const delivery = await faults.around(call, () => answer(secrets, call.action, request));
    return delivery === 'destroy' ? delivery : { ...delivery, answer: stamped(delivery.answer, clock) };
  });
  return { ...server, secrets, clock, faults, calls };
}

/** An effect that answers with one of Secrets Manager's errors, such as ThrottlingException. */
export function refuse(name: string, message: string = name): Effect {
  return { do: 'answer', answer: errorAnswer(name, message) };
}

function answer(secrets: Secrets, action: string, { headers, body }: Request): Answer {
  if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    return errorAnswer('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) return errorAnswer('UnknownOperationException', `No such operation: ${action}`);
  const input = json(body.toString());
  if (input === undefined) return errorAnswer('SerializationException', 'The body is not JSON.');
  try {
    const output = run(secrets, input);
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(output),
    };
  } catch (error) {
    if (error instanceof SecretsManagerError) return errorAnswer(error.name, error.message);
    throw error;
  }
}

function stamped(answer: Answer, clock: SettableClock): Answer {
  const date = new Date(clock.nowMs()).toUTCString();
  return { ...answer, headers: { ...answer.headers, date, 'x-amzn-requestid': randomUUID() } };
}

const observedSchema = v.fallback(
  v.object({
    SecretId: v.optional(v.string()),
    Name: v.optional(v.string()),
    VersionId: v.optional(v.string()),
    ClientRequestToken: v.optional(v.string()),
    MoveToVersionId: v.optional(v.string()),
    VersionStage: v.optional(v.string()),
    VersionStages: v.optional(v.array(v.string()), []),
  }),
  { VersionStages: [] },
);

function describe({ headers, body }: Request, atMs: number): SecretsManagerCall {
  const input = v.parse(observedSchema, json(body.toString()));
  const target = headers['x-amz-target'];
  const [, action = 'unknown'] = TARGET.exec(typeof target === 'string' ? target : '') ?? [];
  return {
    action,
    secretId: input.SecretId ?? input.Name,
    versionId: input.VersionId ?? input.ClientRequestToken ?? input.MoveToVersionId,
    labels: input.VersionStage === undefined ? input.VersionStages : [input.VersionStage],
    atMs,
    hasSessionToken: headers['x-amz-security-token'] !== undefined,
  };
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

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
import { ACTIONS, type Action } from './actions.ts';
import { Permissions } from './permissions.ts';
import { RequestRates } from './request-rates.ts';
import { Secrets } from './secrets.ts';
import { errorAnswer, SecretsManagerError } from './secrets-manager-error.ts';
import { type AccessKeys, verifySignature } from './verify-signature.ts';

/** A call that was received, without the secret's text. */
export interface SecretsManagerCall {
  readonly action: string;
  readonly secretId: string | undefined;
  /** The version that is read, written, or gets a label. */
  readonly versionId: string | undefined;
  readonly labels: readonly string[];
  readonly atMs: number;
  /** The caller has temporary credentials. */
  readonly hasSessionToken: boolean;
}

export interface SecretsManagerOptions extends LoopbackServerOptions {
  /** @default - a request must be signed, but any signature is accepted */
  readonly accessKeys?: AccessKeys;
}

export interface SecretsManagerStandIn extends LoopbackServer {
  readonly secrets: Secrets;
  readonly clock: SettableClock;
  readonly faults: Faults<SecretsManagerCall>;
  readonly permissions: Permissions;
  readonly requestRates: RequestRates;
  /** Every call that was received. */
  readonly calls: readonly SecretsManagerCall[];
}

const TARGET = /^secretsmanager\.([A-Za-z]+)$/;

/** Secrets Manager on this machine: AWS JSON 1.1 over HTTP, with its data in memory. */
export async function startSecretsManager(
  options: SecretsManagerOptions = {},
): Promise<SecretsManagerStandIn> {
  const clock = new SettableClock();
  const secrets = new Secrets(clock);
  const faults = new Faults<SecretsManagerCall>();
  const permissions = new Permissions();
  const requestRates = new RequestRates(clock);
  const calls: SecretsManagerCall[] = [];
  const server = await startLoopbackServer(options, async (request) => {
    const call = describe(request, clock.nowMs());
    calls.push(call);
    const act = () => {
      const { action, secretId } = call;
      const { run, input } = parse(request, action);
      if (options.accessKeys) verifySignature(request, options.accessKeys, clock.nowMs());
      requestRates.count(action);
      permissions.demand(action, secretId, input, secrets);
      return run(secrets, input);
    };
    const delivery = await faults.around(call, () => answer(act));
    return delivery === 'destroy' ? delivery : { ...delivery, answer: stamped(delivery.answer, clock) };
  });
  return { ...server, secrets, clock, faults, permissions, requestRates, calls };
}

/** An effect that answers with one of Secrets Manager's errors, such as ThrottlingException. */
export function refuse(name: string, message: string = name): Effect {
  return { do: 'answer', answer: errorAnswer(name, message) };
}

function parse({ headers, body }: Request, action: string): { run: Action; input: unknown } {
  if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')) {
    throw new SecretsManagerError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) {
    throw new SecretsManagerError('UnknownOperationException', `No such operation: ${action}`);
  }
  const input = json(body.toString());
  if (input === undefined) throw new SecretsManagerError('SerializationException', 'The body is not JSON.');
  return { run, input };
}

function answer(act: () => object): Answer {
  try {
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify(act()),
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

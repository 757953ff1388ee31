import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { ACCOUNT_ID } from '../account.ts';
import { AwsError } from '../aws-error.ts';
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

/** A call that was received, without the secret's text. */
export interface SecretsManagerCall {
  readonly action: string;
  /** The secret's name, also if the caller names it by its ARN. */
  readonly secretId: string | undefined;
  /** The version that is read, written, or gets a label. */
  readonly versionId: string | undefined;
  readonly labels: readonly string[];
  /** The caller has temporary credentials. */
  readonly hasSessionToken: boolean;
}

export interface SecretsManagerStandIn extends LoopbackServer {
  readonly secrets: Secrets;
  readonly clock: SettableClock;
  readonly faults: Faults<SecretsManagerCall>;
  /** Every call that was received. */
  readonly calls: readonly SecretsManagerCall[];
}

/** Secrets Manager on this machine: AWS JSON 1.1 over HTTP, with its data in memory. Any signature is accepted. */
export async function startSecretsManager(
  options: LoopbackServerOptions = {},
): Promise<SecretsManagerStandIn> {
  const clock = new SettableClock();
  const secrets = new Secrets(clock);
  const faults = new Faults<SecretsManagerCall>();
  const calls: SecretsManagerCall[] = [];
  const server = await startLoopbackServer(options, async (request) => {
    const input: unknown = JSON.parse(request.body.toString());
    const call = describe(request, input, secrets);
    calls.push(call);
    const delivery = await faults.around(call, () => answer(secrets, call.action, input));
    return delivery === 'destroy' ? delivery : { ...delivery, answer: stamped(delivery.answer, clock) };
  });
  return { ...server, secrets, clock, faults, calls };
}

function answer(secrets: Secrets, action: string, input: unknown): Answer {
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined) return errorAnswer('UnknownOperationException');
  try {
    return json(200, run(secrets, input));
  } catch (error) {
    if (error instanceof AwsError) return errorAnswer(error.name, error.message);
    throw error;
  }
}

/** The status is 400 unless the fault is the server's. */
function errorAnswer(name: string, Message = name): Answer {
  return json(name === 'InternalServiceError' ? 500 : 400, { __type: name, Message });
}

function json(status: number, body: object): Answer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, headers, body: JSON.stringify(body) };
}

/** An effect that answers with one of Secrets Manager's errors, such as ThrottlingException. */
export function refuse(name: string, message?: string): Effect {
  return { do: 'answer', answer: errorAnswer(name, message) };
}

/** An effect that denies a call in IAM's words (IAM User Guide, "Troubleshoot access denied error messages"). */
export function deny(action: string, resource: string): Effect {
  return refuse(
    'AccessDeniedException',
    `User: arn:aws:iam::${ACCOUNT_ID}:user/local is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );
}

function stamped(answer: Answer, clock: SettableClock): Answer {
  return { ...answer, headers: { ...answer.headers, date: new Date(clock.nowMs()).toUTCString() } };
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

function describe({ headers }: Request, received: unknown, secrets: Secrets): SecretsManagerCall {
  const input = v.parse(observedSchema, received);
  const id = input.SecretId ?? input.Name;
  return {
    action: String(headers['x-amz-target']).replace('secretsmanager.', ''),
    secretId: id === undefined ? undefined : (secrets.lookUp(id)?.name ?? id),
    versionId: input.VersionId ?? input.ClientRequestToken ?? input.MoveToVersionId,
    labels: input.VersionStage === undefined ? input.VersionStages : [input.VersionStage],
    hasSessionToken: headers['x-amz-security-token'] !== undefined,
  };
}

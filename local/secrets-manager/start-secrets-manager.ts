import * as v from 'valibot';
import { ACCOUNT_ID } from '../account.ts';
import { actionName, answerOf, errorAnswer, type Protocol, parseJson, readRequest } from '../aws-json.ts';
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
  readonly atMs: number;
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

const PROTOCOL: Protocol = { version: '1.1', service: 'secretsmanager', errorText: 'Message' };

/** Secrets Manager on this machine: AWS JSON 1.1 over HTTP, with its data in memory. Any signature is accepted. */
export async function startSecretsManager(
  options: LoopbackServerOptions = {},
): Promise<SecretsManagerStandIn> {
  const clock = new SettableClock();
  const secrets = new Secrets(clock);
  const faults = new Faults<SecretsManagerCall>();
  const calls: SecretsManagerCall[] = [];
  const server = await startLoopbackServer(options, async (request) => {
    const call = describe(request, clock.nowMs(), secrets);
    calls.push(call);
    const act = () => {
      const { run, input } = readRequest(ACTIONS, call.action, request);
      return run(secrets, input);
    };
    const delivery = await faults.around(call, () => answerOf(PROTOCOL, act));
    return delivery === 'destroy' ? delivery : { ...delivery, answer: stamped(delivery.answer, clock) };
  });
  return { ...server, secrets, clock, faults, calls };
}

/** An effect that answers with one of Secrets Manager's errors, such as ThrottlingException. */
export function refuse(name: string, message?: string): Effect {
  return { do: 'answer', answer: errorAnswer(PROTOCOL, name, message) };
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

function describe(request: Request, atMs: number, secrets: Secrets): SecretsManagerCall {
  const input = v.parse(observedSchema, parseJson(request.body.toString()));
  return {
    action: actionName(PROTOCOL, request),
    secretId: nameOf(input.SecretId ?? input.Name, secrets),
    versionId: input.VersionId ?? input.ClientRequestToken ?? input.MoveToVersionId,
    labels: input.VersionStage === undefined ? input.VersionStages : [input.VersionStage],
    atMs,
    hasSessionToken: request.headers['x-amz-security-token'] !== undefined,
  };
}

function nameOf(id: string | undefined, secrets: Secrets): string | undefined {
  return id === undefined ? undefined : (secrets.lookUp(id)?.name ?? id);
}

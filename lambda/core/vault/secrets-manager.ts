import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import * as v from 'valibot';
import { Burst, closeFree } from '../connections/burst.ts';
import { tlsOptions } from '../connections/connections.ts';
import { Failure } from '../failure.ts';
import type { SecretStore } from './secret-store.ts';
import { secretsFailure, secretsManagerErrorName } from './secrets-failure.ts';

/** For reads: up to three tries of 3 s. Writes have repetitions of their own. */
const CALL_LIMITS = { maxAttempts: 3, retryMode: 'standard' } satisfies SecretsManagerClientConfig;
/** `requestTimeout` ends with the headers of the response. `socketTimeout` applies to the rest of it. */
const TRY_LIMITS = {
  connectionTimeout: 1_500,
  requestTimeout: 3_000,
  throwOnRequestTimeout: true,
  socketTimeout: 3_000,
};

export function secretsManagerClient(config: SecretsManagerClientConfig): SecretsManagerClient {
  const httpAgent = new HttpAgent({ keepAlive: true });
  const httpsAgent = new HttpsAgent({ keepAlive: true, ...tlsOptions() });
  const requestHandler = new NodeHttpHandler({ ...TRY_LIMITS, httpAgent, httpsAgent });
  const client = new SecretsManagerClient({ ...CALL_LIMITS, requestHandler, ...config });
  const burst = new Burst(() => Date.now());
  // Before each try: otherwise, three dead connections could use up all three tries.
  client.middlewareStack.add(
    (next) => async (args) => {
      if (burst.isOver()) for (const agent of [httpAgent, httpsAgent]) closeFree(agent);
      burst.use();
      return next(args).finally(() => burst.use());
    },
    { step: 'finalizeRequest', priority: 'low', name: 'newConnectionsAfterPause' },
  );
  return client;
}

/** Replaces the SDK's own repetitions: the vault repeats writes, and backs off. */
const SENT_ONCE = {
  step: 'finalizeRequest',
  name: 'retryMiddleware',
  priority: 'high',
  override: true,
} as const;

const versionSchema = v.object({
  VersionId: v.string(),
  VersionStages: v.optional(v.array(v.string()), []),
  CreatedDate: v.date(),
  ARN: v.string(),
  SecretString: v.optional(v.string()),
});
const dateHeaderSchema = v.object({
  headers: v.object({ date: v.pipe(v.string(), v.transform(Date.parse), v.number()) }),
});

/**
 * The vault's store in Secrets Manager.
 * @param prefix the prefix of the sessions' secrets
 */
export function secretsManagerStore(client: SecretsManagerClient, prefix: string): SecretStore {
  const idOf = (secret: string) => (secret.startsWith('arn:') ? secret : prefix + secret);

  async function read(command: GetSecretValueCommand) {
    const answer = v.safeParse(versionSchema, await client.send(command));
    if (!answer.success) {
      throw new Failure('secrets_unavailable', 'Secrets Manager’s answer lacks a documented field');
    }
    const {
      VersionId: versionId,
      VersionStages: labels,
      CreatedDate,
      ARN: arn,
      SecretString,
    } = answer.output;
    if (SecretString === undefined) {
      throw new Failure('session_invalid', 'the secret must hold text, not binary data');
    }
    return { versionId, labels, createdAtMs: CreatedDate.getTime(), arn, text: SecretString };
  }

  return {
    async readCurrent(secret) {
      const command = new GetSecretValueCommand({ SecretId: idOf(secret) });
      let nowMs = Date.now();
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args);
          const dated = v.safeParse(dateHeaderSchema, result.response);
          if (dated.success) nowMs = dated.output.headers.date;
          return result;
        },
        { step: 'deserialize', name: 'serviceClock' },
      );
      try {
        return { ...(await read(command)), nowMs };
      } catch (error) {
        throw secretsFailure(error);
      }
    },

    readVersion(secret, version) {
      const which = 'label' in version ? { VersionStage: version.label } : { VersionId: version.versionId };
      const command = new GetSecretValueCommand({ SecretId: idOf(secret), ...which });
      return orOutcome(read(command), 'ResourceNotFoundException', undefined);
    },

    putVersion(secret, { versionId, text, labels }) {
      const command = new PutSecretValueCommand({
        SecretId: idOf(secret),
        ClientRequestToken: versionId,
        SecretString: text,
        VersionStages: [...labels],
      });
      command.middlewareStack.add((next) => next, SENT_ONCE);
      const written = client.send(command).then(() => 'written' as const);
      return orOutcome(written, 'ResourceExistsException', 'conflict' as const);
    },

    moveLabel(secret, { label, from, to }) {
      const command = new UpdateSecretVersionStageCommand({
        SecretId: idOf(secret),
        VersionStage: label,
        ...(from !== undefined && { RemoveFromVersionId: from }),
        ...(to !== undefined && { MoveToVersionId: to }),
      });
      command.middlewareStack.add((next) => next, SENT_ONCE);
      const moved = client.send(command).then(() => 'moved' as const);
      return orOutcome(moved, 'InvalidParameterException', 'conflict' as const);
    },
  };
}

/** The result of a call, or the documented outcome of an error with this name. */
async function orOutcome<T, O>(call: Promise<T>, errorName: string, outcome: O): Promise<T | O> {
  try {
    return await call;
  } catch (error) {
    if (secretsManagerErrorName(error) === errorName) return outcome;
    throw secretsFailure(error);
  }
}

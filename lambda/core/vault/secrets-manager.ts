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
import { Burst } from '../connections/burst.ts';
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
  const tls = tlsOptions();
  const newAgents = () => ({
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true, ...tls }),
  });
  const requestHandler = new NodeHttpHandler({ ...TRY_LIMITS, ...newAgents() });
  const client = new SecretsManagerClient({ ...CALL_LIMITS, requestHandler, ...config });
  const burst = new Burst(() => Date.now());
  // Before each try: otherwise, three dead connections could use up all three tries.
  client.middlewareStack.add(
    (next) => async (args) => {
      if (burst.isOver()) {
        const { httpAgent, httpsAgent } = newAgents();
        requestHandler.updateHttpClientConfig('httpAgent', httpAgent);
        requestHandler.updateHttpClientConfig('httpsAgent', httpsAgent);
      }
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

const versionSchema = v.pipe(
  v.object({
    VersionId: v.string(),
    VersionStages: v.optional(v.array(v.string()), []),
    CreatedDate: v.date(),
    ARN: v.string(),
    SecretString: v.optional(v.string()),
  }),
  v.transform(({ VersionId, VersionStages, CreatedDate, ARN, SecretString }) => ({
    versionId: VersionId,
    labels: VersionStages,
    createdAtMs: CreatedDate.getTime(),
    arn: ARN,
    text: SecretString,
  })),
);
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
    const { text, ...version } = answer.output;
    if (text === undefined) {
      throw new Failure('session_invalid', 'the secret must hold text, not binary data');
    }
    return { ...version, text };
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

    async readVersion(secret, version) {
      const which = 'label' in version ? { VersionStage: version.label } : { VersionId: version.versionId };
      try {
        return await read(new GetSecretValueCommand({ SecretId: idOf(secret), ...which }));
      } catch (error) {
        if (secretsManagerErrorName(error) === 'ResourceNotFoundException') return undefined;
        throw secretsFailure(error);
      }
    },

    async putVersion(secret, { versionId, text, labels }) {
      const command = new PutSecretValueCommand({
        SecretId: idOf(secret),
        ClientRequestToken: versionId,
        SecretString: text,
        VersionStages: [...labels],
      });
      command.middlewareStack.add((next) => next, SENT_ONCE);
      try {
        await client.send(command);
        return 'written';
      } catch (error) {
        if (secretsManagerErrorName(error) === 'ResourceExistsException') return 'conflict';
        throw secretsFailure(error);
      }
    },

    async moveLabel(secret, { label, from, to }) {
      const command = new UpdateSecretVersionStageCommand({
        SecretId: idOf(secret),
        VersionStage: label,
        ...(from !== undefined && { RemoveFromVersionId: from }),
        ...(to !== undefined && { MoveToVersionId: to }),
      });
      command.middlewareStack.add((next) => next, SENT_ONCE);
      try {
        await client.send(command);
        return 'moved';
      } catch (error) {
        if (secretsManagerErrorName(error) === 'InvalidParameterException') return 'conflict';
        throw secretsFailure(error);
      }
    },
  };
}

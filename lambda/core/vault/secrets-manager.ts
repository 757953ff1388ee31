import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
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
import type { SecretStore, SecretVersion } from './secret-store.ts';
import { secretsFailure, secretsManagerErrorName } from './secrets-failure.ts';

/** Up to three tries of 3 s, so that one call fits into the time reserved for the save. */
const CALL_LIMITS = { maxAttempts: 3, retryMode: 'standard' } satisfies SecretsManagerClientConfig;
/** `requestTimeout` ends with the headers of the response. `socketTimeout` applies to the rest of it. */
const TRY_LIMITS = {
  connectionTimeout: 1_500,
  requestTimeout: 3_000,
  throwOnRequestTimeout: true,
  socketTimeout: 3_000,
};

/** Each has 100 versions. A secret has about 100 and those of the last 24 hours (AWS, "Secrets Manager quotas"). */
const MAX_PAGES = 20;

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

const versionSchema = v.pipe(
  v.object({
    VersionId: v.string(),
    VersionStages: v.optional(v.array(v.string()), []),
    CreatedDate: v.date(),
  }),
  v.transform(
    ({ VersionId, VersionStages, CreatedDate }): SecretVersion => ({
      versionId: VersionId,
      labels: VersionStages,
      createdAtMs: CreatedDate.getTime(),
    }),
  ),
);
const versionsSchema = v.array(versionSchema);
const textSchema = v.object({ SecretString: v.string() });
const dateHeaderSchema = v.object({
  headers: v.object({ date: v.pipe(v.string(), v.transform(Date.parse), v.number()) }),
});

/**
 * The vault's store in Secrets Manager.
 * @param prefix the prefix of the sessions' secrets
 */
export function secretsManagerStore(client: SecretsManagerClient, prefix: string): SecretStore {
  return {
    async readCurrent(session) {
      const value = await asked(() => client.send(new GetSecretValueCommand({ SecretId: prefix + session })));
      const version = answered(versionSchema, value);
      const text = v.safeParse(textSchema, value);
      if (!text.success) throw new Failure('session_invalid', 'the secret must hold text, not binary data');
      return { ...version, text: text.output.SecretString };
    },

    async readVersion(session, versionId) {
      try {
        const value = await client.send(
          new GetSecretValueCommand({ SecretId: prefix + session, VersionId: versionId }),
        );
        return answered(versionSchema, value);
      } catch (error) {
        if (secretsManagerErrorName(error) === 'ResourceNotFoundException') return undefined;
        throw secretsFailure(error);
      }
    },

    async listVersions(session) {
      const versions: SecretVersion[] = [];
      let nowMs = Date.now();
      const tokens = new Set<string>();
      let NextToken: string | undefined;
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const list = new ListSecretVersionIdsCommand({
          SecretId: prefix + session,
          IncludeDeprecated: true,
          MaxResults: 100,
          ...(NextToken !== undefined && { NextToken }),
        });
        list.middlewareStack.add(
          (next) => async (args) => {
            const result = await next(args);
            const dated = v.safeParse(dateHeaderSchema, result.response);
            if (dated.success) nowMs = dated.output.headers.date;
            return result;
          },
          { step: 'deserialize', name: 'serviceClock' },
        );
        const page = await asked(() => client.send(list));
        versions.push(...answered(versionsSchema, page.Versions ?? []));
        NextToken = page.NextToken;
        // Some implementations send an empty token after the last page.
        if (!NextToken || tokens.has(NextToken)) return { versions, nowMs };
        tokens.add(NextToken);
      }
      throw new Failure('secrets_unavailable', `the list of versions has more than ${MAX_PAGES} pages`);
    },

    async putVersion(session, { versionId, text, label }) {
      try {
        await client.send(
          new PutSecretValueCommand({
            SecretId: prefix + session,
            ClientRequestToken: versionId,
            SecretString: text,
            VersionStages: [label],
          }),
        );
        return 'written';
      } catch (error) {
        if (secretsManagerErrorName(error) === 'ResourceExistsException') return 'conflict';
        throw secretsFailure(error);
      }
    },

    async moveLabel(session, { label, from, to }) {
      try {
        await client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: prefix + session,
            VersionStage: label,
            ...(from !== undefined && { RemoveFromVersionId: from }),
            ...(to !== undefined && { MoveToVersionId: to }),
          }),
        );
        return 'moved';
      } catch (error) {
        if (secretsManagerErrorName(error) === 'InvalidParameterException') return 'conflict';
        throw secretsFailure(error);
      }
    },
  };
}

async function asked<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw secretsFailure(error);
  }
}

function answered<S extends v.GenericSchema>(schema: S, answer: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, answer);
  if (parsed.success) return parsed.output;
  throw new Failure('secrets_unavailable', 'Secrets Manager’s answer lacks a documented field');
}

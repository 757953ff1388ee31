import { ListSecretsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import type { Page } from './list.ts';

/** A request lists at most 100 secrets (AWS Secrets Manager API Reference, ListSecrets). */
const REQUESTS_PER_PAGE = 10;

const listedSchema = v.object({
  SecretList: v.optional(v.array(v.object({ Name: v.string() })), []),
  NextToken: v.optional(v.string()),
});

/** The names of the secrets under a prefix, without it. */
export async function storedNames(
  client: SecretsManagerClient,
  prefix: string,
  from: string | undefined,
): Promise<Page> {
  const names: string[] = [];
  let next = from;
  for (let request = 0; request < REQUESTS_PER_PAGE; request += 1) {
    const listed = v.parse(
      listedSchema,
      await client.send(
        new ListSecretsCommand({
          Filters: [{ Key: 'name', Values: [prefix] }],
          MaxResults: 100,
          NextToken: next,
        }),
      ),
    );
    for (const { Name } of listed.SecretList) {
      if (Name.startsWith(prefix)) names.push(Name.slice(prefix.length));
    }
    next = listed.NextToken;
    if (next === undefined) return { names };
  }
  return { names, ...(next !== undefined && { next }) };
}

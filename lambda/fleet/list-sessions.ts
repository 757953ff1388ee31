import type { DurableContext } from '@aws/durable-execution-sdk-js';
import { ListSecretsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as v from 'valibot';
import { matches, sessionNameSchema } from '../core/session-name.ts';
import type { Selection } from './input.ts';

/** One answer of ListSecrets: a step of its own, because the result of a step must stay below 256 KB. */
export interface Page {
  /** What lies under the prefix of the sessions' secrets, without the prefix. */
  readonly names: readonly string[];
  /** Where the next page begins. The last page has none. */
  readonly next?: string | undefined;
}

export type ReadPage = (from: string | undefined) => Promise<Page>;

const listedSchema = v.object({
  SecretList: v.optional(v.array(v.object({ Name: v.string() })), []),
  NextToken: v.optional(v.string()),
});

/** @returns reads the names of the secrets under the prefix, 100 at a time, which is the most (API Reference, ListSecrets) */
export function storedNames(client: SecretsManagerClient, prefix: string): ReadPage {
  return async (NextToken) => {
    const Filters = [{ Key: 'name' as const, Values: [prefix] }];
    const listed = await client.send(new ListSecretsCommand({ Filters, MaxResults: 100, NextToken }));
    const { SecretList, NextToken: next } = v.parse(listedSchema, listed);
    const secrets = SecretList.filter(({ Name }) => Name.startsWith(prefix));
    return { names: secrets.map(({ Name }) => Name.slice(prefix.length)), next };
  };
}

export interface Listed {
  readonly sessions: readonly string[];
  /** What lies under the prefix and cannot be a session, such as a nested name. */
  readonly skipped: readonly string[];
  /** Patterns that no session matches. */
  readonly unmatched: readonly string[];
}

/** Lists the sessions of an execution, by name. */
export async function listSessions(
  context: DurableContext,
  readPage: ReadPage,
  selection: Selection,
): Promise<Listed> {
  const all = selection === 'all' ? ['*'] : selection;
  const patterns = all.filter((name) => name.includes('*'));
  const named = all.filter((name) => !name.includes('*'));
  const stored = patterns.length === 0 ? [] : await allPages(context, readPage);
  const isSession = (name: string) => v.is(sessionNameSchema, name);
  const existing = stored.filter(isSession);
  const matching = patterns.map((pattern) => ({ pattern, sessions: existing.filter(matches(pattern)) }));
  const unmatched = matching.filter(({ sessions }) => sessions.length === 0);
  return {
    sessions: [...new Set([...named, ...matching.flatMap(({ sessions }) => sessions)])].toSorted(),
    skipped: stored.filter((name) => !isSession(name)).toSorted(),
    unmatched: selection === 'all' ? [] : unmatched.map(({ pattern }) => pattern),
  };
}

async function allPages(context: DurableContext, readPage: ReadPage): Promise<readonly string[]> {
  const names: string[] = [];
  let next: string | undefined;
  do {
    const page = await context.step('list', () => readPage(next));
    names.push(...page.names);
    next = page.next;
  } while (next !== undefined);
  return names;
}

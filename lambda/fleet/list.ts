import type { DurableContext } from '@aws/durable-execution-sdk-js';
import * as v from 'valibot';
import { matches, sessionNameSchema } from '../core/session-name.ts';
import type { Selection } from './input.ts';

/** Up to a thousand names, so that the result of a step stays below 256 KB. */
export interface Page {
  readonly names: readonly string[];
  /** Where the next page begins. The last page has none. */
  readonly next?: string;
}

export interface Names {
  /** What lies under the prefix of the sessions' secrets, without the prefix. */
  stored(from: string | undefined): Promise<Page>;
  /** The sessions that the last execution left. */
  left(from: string | undefined): Promise<Page>;
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
  names: Names,
  selection: Selection,
): Promise<Listed> {
  if (selection === 'failed') {
    const sessions = await allPages(context, (from) => names.left(from));
    return { sessions: sessions.toSorted(), skipped: [], unmatched: [] };
  }
  const patterns = selection === 'all' ? ['*'] : selection.filter((name) => name.includes('*'));
  const named = selection === 'all' ? [] : selection.filter((name) => !name.includes('*'));
  const stored = patterns.length === 0 ? [] : await allPages(context, (from) => names.stored(from));
  const isSession = (name: string) => v.is(sessionNameSchema, name);
  const existing = stored.filter(isSession);
  const matching = patterns.map((pattern) => ({ pattern, sessions: existing.filter(matches(pattern)) }));
  return {
    sessions: [...new Set([...named, ...matching.flatMap(({ sessions }) => sessions)])].toSorted(),
    skipped: stored.filter((name) => !isSession(name)).toSorted(),
    unmatched:
      selection === 'all' ? [] : matching.flatMap((m) => (m.sessions.length === 0 ? [m.pattern] : [])),
  };
}

async function allPages(
  context: DurableContext,
  read: (from: string | undefined) => Promise<Page>,
): Promise<readonly string[]> {
  const names: string[] = [];
  let page: Page = { names: [] };
  do {
    const { next } = page;
    page = await context.step('list', () => read(next));
    names.push(...page.names);
  } while (page.next !== undefined);
  return names;
}

import { explain } from '../errors/explain.ts';
import type { Target } from '../target.ts';

/** What a check found, in one sentence, and what to do. */
export type Finding =
  | { readonly state: 'ok'; readonly message: string }
  | { readonly state: 'not_ok'; readonly message: string; readonly advice: readonly string[] }
  | { readonly state: 'not_configured'; readonly message: string; readonly advice: readonly string[] };

/** Sessions with which the function and the webhook are tried; `undefined` if there is none. */
export interface TriedSessions {
  readonly readable: string | undefined;
  /** A failed check of the webhook may ring an alarm, so it is tried only with a session that can be used. */
  readonly usable: string | undefined;
}

/** One thing to look at. */
export interface Check {
  readonly name: string;
  look(): Promise<Finding>;
}

export type CheckResult = { readonly check: string } & Finding;

export function ok(message: string): Finding {
  return { state: 'ok', message };
}

export function notOk(message: string, ...advice: readonly string[]): Finding {
  return { state: 'not_ok', message, advice };
}

export function notConfigured(message: string, ...advice: readonly string[]): Finding {
  return { state: 'not_configured', message, advice };
}

/** Never rejects: an error is a finding of this check, so that it does not prevent the others. */
export async function runCheck({ name, look }: Check, target: Target): Promise<CheckResult> {
  try {
    return { check: name, ...(await look()) };
  } catch (error) {
    const { message, advice } = await explain(error, target, '');
    return { check: name, ...notOk(message, ...advice) };
  }
}

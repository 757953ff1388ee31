import { explain } from '../errors/explain.ts';
import { npmLine } from '../launcher.ts';
import type { Target } from '../target.ts';

/** What a check found, in one sentence, and what to do. */
export interface Finding {
  readonly state: 'ok' | 'not_ok' | 'not_configured';
  readonly message: string;
  readonly advice: readonly string[];
}

export type CheckResult = { readonly check: string } & Finding;

export const DEPLOY_AGAIN = `Deploy again: ${npmLine('run deploy')}`;

export function ok(message: string): Finding {
  return { state: 'ok', message, advice: [] };
}

export function notOk(message: string, ...advice: readonly string[]): Finding {
  return { state: 'not_ok', message, advice };
}

export function notConfigured(message: string, ...advice: readonly string[]): Finding {
  return { state: 'not_configured', message, advice };
}

/** Never rejects: an error is a finding of this check, so that it does not prevent the others. */
export async function runCheck(
  target: Target,
  check: string,
  look: () => Promise<Finding>,
): Promise<CheckResult> {
  try {
    return { check, ...(await look()) };
  } catch (error) {
    const { message, advice } = await explain(error, target, '');
    return { check, ...notOk(message, ...advice) };
  }
}

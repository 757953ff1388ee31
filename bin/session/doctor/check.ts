import { npmLine } from '../launcher.ts';

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

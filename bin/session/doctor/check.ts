import { npmLine } from '../launcher.ts';

/** What a check found, in one sentence, and what to do. */
export interface Finding {
  readonly state: 'ok' | 'not_ok' | 'not_configured';
  readonly message: string;
  readonly advice: readonly string[];
}

export type CheckResult = { readonly check: string } & Finding;

export const DEPLOY_AGAIN = `Deploy again: ${npmLine('run deploy')}`;

function finding(state: Finding['state']) {
  return (message: string, ...advice: readonly string[]): Finding => ({ state, message, advice });
}

export const ok = finding('ok');
export const notOk = finding('not_ok');
export const notConfigured = finding('not_configured');

import type { Effect, Moment } from '../../local/faults.ts';
import type { FunctionUnderTest, SessionUnderTest } from './function-under-test.ts';

/** The calls that a run is made of, in their order, as the models name them. */
export const STEPS = [
  'read value',
  'read journal',
  'put claim',
  'refresh',
  'put save',
  'move AWSCURRENT',
  'logout',
  'move BLINK_LOGGED_OUT',
] as const;
export type Step = (typeof STEPS)[number];

/** Calls `then` at a moment of a step of the session's next run. The call waits for it, and has this effect. */
export function atStep(
  { secretsManager, blink }: FunctionUnderTest,
  { secretName, clientId }: SessionUnderTest,
  step: Step,
  moment: Moment,
  then: () => Promise<Effect | undefined>,
): void {
  let writes = 0;
  secretsManager.faults.onCall = async (call, actualMoment) => {
    if (call.secretId !== secretName) return undefined;
    if (call.action === 'PutSecretValue' && actualMoment === 'before') writes += 1;
    if (actualMoment !== moment || secretsManagerStep(call, writes) !== step) return undefined;
    secretsManager.faults.onCall = undefined;
    return then();
  };
  blink.faults.onCall = async (call, actualMoment) => {
    const actual = call.action === 'refresh' ? 'refresh' : 'logout';
    if (actual === 'logout' && !call.path.includes(String(clientId))) return undefined;
    if (actual !== step || actualMoment !== moment) return undefined;
    blink.faults.onCall = undefined;
    return then();
  };
}

function secretsManagerStep(
  { action, labels }: { readonly action: string; readonly labels: readonly string[] },
  writes: number,
): Step | undefined {
  switch (action) {
    case 'GetSecretValue':
      return labels.includes('BLINK_LOGOUT') ? 'read journal' : 'read value';
    case 'PutSecretValue':
      return writes === 1 ? 'put claim' : 'put save';
    case 'UpdateSecretVersionStage':
      return labels.includes('AWSCURRENT') ? 'move AWSCURRENT' : 'move BLINK_LOGGED_OUT';
    default:
      return undefined;
  }
}

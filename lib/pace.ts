import { Annotations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import type { Settings } from './settings.ts';

/** Quotas of an account in a Region, and what a logout takes. docs/scale.md has their sources; a test compares. */
export const SECRETS_MANAGER_WRITES_PER_SECOND = 50;
export const WRITES_OF_A_LOGOUT = 4;

const LOGOUTS_PER_SECOND = Math.floor(SECRETS_MANAGER_WRITES_PER_SECOND / WRITES_OF_A_LOGOUT);

/** Warns if Secrets Manager cannot carry the pace that the settings allow. A logout takes about a second. */
export function warnOfPace(scope: IConstruct, settings: Settings): void {
  for (const name of ['maxConcurrency', 'webhookRatePerSecond'] as const) {
    if (settings[name] <= LOGOUTS_PER_SECOND) continue;
    Annotations.of(scope).addWarningV2(
      `blink-logout:${name}`,
      `${name} is ${settings[name]}; use at most ${LOGOUTS_PER_SECOND}. Secrets Manager accepts ${SECRETS_MANAGER_WRITES_PER_SECOND} writes a second in an account and Region, and a logout needs ${WRITES_OF_A_LOGOUT}. Above that, logouts fail with secrets_unavailable.`,
    );
  }
}

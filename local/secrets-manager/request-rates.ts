import { AwsError } from '../aws-json.ts';
import type { Clock } from '../settable-clock.ts';

/** Requests per second for all secrets of an account and Region. The actions of a row are counted together. */
const QUOTAS: readonly { readonly actions: readonly string[]; readonly perSecond: number; write?: true }[] = [
  { actions: ['PutSecretValue', 'UpdateSecret', 'UpdateSecretVersionStage'], perSecond: 50, write: true },
  { actions: ['CreateSecret'], perSecond: 50, write: true },
  { actions: ['DeleteSecret'], perSecond: 50, write: true },
  { actions: ['RestoreSecret'], perSecond: 50, write: true },
  { actions: ['TagResource', 'UntagResource'], perSecond: 50, write: true },
  { actions: ['GetRandomPassword'], perSecond: 50 },
  { actions: ['ListSecretVersionIds'], perSecond: 50 },
  { actions: ['ListSecrets'], perSecond: 100 },
  { actions: ['GetSecretValue'], perSecond: 10_000 },
  { actions: ['DescribeSecret'], perSecond: 40_000 },
];

/**
 * "When you exceed an API request quota, Secrets Manager throttles the request. It rejects an otherwise valid request and
 * returns a throttling error." (AWS Secrets Manager User Guide, "AWS Secrets Manager quotas"). Here, a rejected
 * request does not count. The documentation does not say whether it does.
 */
export class RequestRates {
  /** The quotas that apply. */
  enforced: 'none' | 'writes' | 'all' = 'none';
  readonly #clock: Clock;
  readonly #atMs = new Map<object, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a request. Throws if it exceeds the quota. */
  count(action: string): void {
    const quota = QUOTAS.find(({ actions }) => actions.includes(action));
    if (quota === undefined || this.enforced === 'none' || (this.enforced === 'writes' && !quota.write))
      return;
    const nowMs = this.#clock.nowMs();
    const lastSecond = (this.#atMs.get(quota) ?? []).filter((atMs) => atMs > nowMs - 1000);
    if (lastSecond.length >= quota.perSecond) throw new AwsError('ThrottlingException', 'Rate exceeded');
    this.#atMs.set(quota, [...lastSecond, nowMs]);
  }
}

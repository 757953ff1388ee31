import { SESSION_SECRET_PREFIX } from '../../../lambda/environment.ts';
import type { FailedCall } from './failed-calls.ts';

export interface PolicyStatement {
  readonly Effect: 'Allow';
  readonly Action: string;
  readonly Resource: string;
}

/** What would have to be allowed. The name of a secret's ARN ends in six characters that nobody knows before. */
export function policyStatement(call: FailedCall | undefined, region: string): PolicyStatement {
  const name = call?.secretName;
  const secret = name?.startsWith(SESSION_SECRET_PREFIX) ? `${SESSION_SECRET_PREFIX}*` : `${name}-??????`;
  return {
    Effect: 'Allow',
    Action: call?.action ?? 'secretsmanager:*',
    Resource:
      name === undefined ? '*' : `arn:${partitionOf(region)}:secretsmanager:${region}:*:secret:${secret}`,
  };
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from './account.ts';

/** The event that a scheduled rule sends to its target (Amazon EventBridge User Guide, "Creating a rule that runs on a schedule"). */
export function scheduledEvent(): object {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT_ID,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [`arn:aws:events:${REGION}:${ACCOUNT_ID}:rule/local`],
    detail: {},
  };
}

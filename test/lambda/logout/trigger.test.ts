import { expect, test } from 'vitest';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseTrigger } from '../../../lambda/logout/trigger.ts';

const HTTP_API = {
  version: '2.0',
  routeKey: 'POST /logout/{session}',
  pathParameters: { session: 'garage' },
  rawPath: '/logout/garage',
  headers: { Authorization: 'Bearer x' },
  // It is not looked at before its caller is known.
  body: 'not JSON',
  isBase64Encoded: false,
  requestContext: { http: { method: 'POST' } },
};
const RULE = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: '123456789012',
  time: '2026-10-08T16:53:06Z',
  region: 'eu-west-1',
  resources: ['arn:aws:events:eu-west-1:123456789012:rule/nightly'],
  detail: {},
};
const logout = (session: string) => ({ command: { session, action: 'logout' } });

test.each([
  ['an HTTP API', HTTP_API, { kind: 'webhook', request: { pathParameters: { session: 'garage' } } }],
  ['an EventBridge rule', RULE, { kind: 'schedule', ...logout('default') }],
  [
    'EventBridge Scheduler',
    { source: 'aws.scheduler', 'detail-type': 'Scheduled Event' },
    { kind: 'schedule', ...logout('default') },
  ],
  ['the fleet', { fleet: { session: 'garage' } }, { kind: 'fleet', ...logout('garage') }],
  ['a direct call', { session: 'garage' }, { kind: 'direct', ...logout('garage') }],
])('an event of %s', (_, event, trigger) => {
  expect(parseTrigger(event)).toMatchObject(trigger);
});

test.each([
  ['an API Gateway event of the old format', { version: '1.0', path: '/logout', httpMethod: 'POST' }],
  ['another service’s event', { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' }],
  ['an event that no schedule sent', { source: 'aws.events', 'detail-type': 'AWS API Call via CloudTrail' }],
  ['an event of EventBridge without a type', { source: 'aws.scheduler' }],
  ['an SQS batch', { Records: [{ body: '{}' }] }],
  ['a call of the fleet without a session', { fleet: {} }],
  ['a call of the fleet with another field', { fleet: { session: 'garage', action: 'check' } }],
  ['nothing', null],
])('%s is refused and logs nobody out', (_, event) => {
  expect(() => parseTrigger(event)).toThrow(Failure);
});

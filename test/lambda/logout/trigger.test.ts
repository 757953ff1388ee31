import { expect, test } from 'vitest';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseTrigger } from '../../../lambda/logout/trigger.ts';

test('an HTTP API event is a webhook, whose body is not looked at before its caller is known', () => {
  const trigger = parseTrigger({
    version: '2.0',
    routeKey: 'POST /logout/{session}',
    pathParameters: { session: 'garage' },
    rawPath: '/logout/garage',
    headers: { Authorization: 'Bearer x' },
    body: 'not JSON',
    isBase64Encoded: false,
    requestContext: { http: { method: 'POST' } },
  });
  expect(trigger).toMatchObject({
    kind: 'webhook',
    request: { routeKey: 'POST /logout/{session}', pathParameters: { session: 'garage' } },
  });
});

test('an EventBridge rule’s scheduled event logs out the default session', () => {
  const event = {
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
  expect(parseTrigger(event)).toEqual({
    kind: 'schedule',
    command: { session: 'default', action: 'logout' },
  });
});

test('an event of EventBridge Scheduler does so, too', () => {
  expect(parseTrigger({ source: 'aws.scheduler', 'detail-type': 'Scheduled Event' })).toEqual({
    kind: 'schedule',
    command: { session: 'default', action: 'logout' },
  });
});

test('a call of the fleet names its session', () => {
  expect(parseTrigger({ fleet: { session: 'garage' } })).toEqual({
    kind: 'fleet',
    command: { session: 'garage', action: 'logout' },
  });
});

test('anything else is a direct invocation, and must be a command', () => {
  expect(parseTrigger({ session: 'garage' })).toEqual({
    kind: 'direct',
    command: { session: 'garage', action: 'logout' },
  });
});

test.each([
  ['an API Gateway event of the old format', { version: '1.0', path: '/logout', httpMethod: 'POST' }],
  ['another service’s event', { source: 'aws.ec2', 'detail-type': 'EC2 Instance State-change Notification' }],
  [
    'an event of EventBridge that no schedule sent',
    { source: 'aws.events', 'detail-type': 'AWS API Call via CloudTrail' },
  ],
  ['an event of EventBridge without a type', { source: 'aws.scheduler' }],
  ['an SQS batch', { Records: [{ body: '{}' }] }],
  ['a call of the fleet without a session', { fleet: {} }],
  ['a call of the fleet with another field', { fleet: { session: 'garage', action: 'check' } }],
  ['nothing', null],
])('%s is refused and logs nobody out', (_, event) => {
  expect(() => parseTrigger(event)).toThrow(Failure);
});

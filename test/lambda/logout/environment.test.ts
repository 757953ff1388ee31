import { expect, test } from 'vitest';
import { readEnvironment } from '../../../lambda/logout/environment.ts';

const COMPLETE = { BLINK_LOGOUT_NAME: 'blink-logout', WEBHOOK_AUTH: 'key', BLINK_USER_AGENT: 'Blink' };

test('the environment is read without the variables that the function does not own', () => {
  const read = readEnvironment({ ...COMPLETE, AWS_REGION: 'eu-central-1' });
  expect(read).toEqual({ ...COMPLETE, SESSION_METRICS: 'true' });
});

const OURS = 'BLINK_LOGOUT_NAME, WEBHOOK_AUTH, BLINK_USER_AGENT';

test.each<[what: string, variables: Readonly<Record<string, string>>, named: string]>([
  ['missing', {}, OURS],
  ['empty', { BLINK_LOGOUT_NAME: '', WEBHOOK_AUTH: '', BLINK_USER_AGENT: '' }, OURS],
  ['wrong', { BLINK_LOGOUT_NAME: 'Canary', WEBHOOK_AUTH: 'canary', BLINK_USER_AGENT: 'cänary' }, OURS],
  ['wrong in one', { ...COMPLETE, SESSION_METRICS: 'canary' }, 'SESSION_METRICS'],
])('variables that are %s are all named, without a value', (_, variables, named) => {
  expect(() => readEnvironment(variables)).toThrow(new RegExp(`restore ${named}$`));
});

test.each([
  ...['http://127.0.0.1:4000', 'https://localhost', 'http://[::1]:1/'].map((url) => [url, true] as const),
  ...['http://127.0.0.1.evil.com', 'http://127.0.0.1:80@evil.com', 'https://localhost.evil.com/'].map(
    (url) => [url, false] as const,
  ),
  ...[
    'https://localhost:443/path',
    'https://evil.com/?http://127.0.0.1',
    'x-http://127.0.0.1',
    'ftp://127.0.0.1',
  ].map((url) => [url, false] as const),
])('only a loopback endpoint may replace Blink: %s is accepted: %s', (endpoint, isAccepted) => {
  const read = () => readEnvironment({ ...COMPLETE, BLINK_ENDPOINT: endpoint }).BLINK_ENDPOINT;
  if (isAccepted) expect(read()).toBe(endpoint);
  else expect(read).toThrow(/restore BLINK_ENDPOINT$/);
});

import { expect, test } from 'vitest';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseCommand } from '../../../lambda/logout/command.ts';

test.each<[object, string | undefined, object]>([
  [{}, undefined, { session: 'default', action: 'logout' }],
  [
    { session: 'garage', action: 'check', clientId: '1234567' },
    undefined,
    { session: 'garage', action: 'check', clientId: '1234567' },
  ],
  [{ clientId: 1234567 }, undefined, { session: 'default', action: 'logout', clientId: '1234567' }],
  [{ action: 'check' }, 'garage', { session: 'garage', action: 'check' }],
  [{ session: 'garage' }, 'garage', { session: 'garage', action: 'logout' }],
])('the command %j, with the path %s', (fields, sessionInPath, command) => {
  expect(parseCommand(fields, sessionInPath)).toEqual(command);
});

const SESSION = 'session must be 1 to 63 characters of a-z, 0-9 and -, and begin with a letter or a digit';
const CLIENT = 'clientId must be a number of 1 to 15 digits';
const NO_OBJECT = 'expected a JSON object; accepted are session, action, clientId (all optional)';
const UNKNOWN = 'an unknown field; accepted are session, action, clientId (all optional)';
const meant = (name: string, field: string) =>
  `an unknown field: "${name}" (${field}?); accepted are session, action, clientId (all optional)`;

test.each<[input: unknown, says: string, sessionInPath?: string]>([
  ...[null, undefined, 'logout', 7, [], ['default'], true].map((input): [unknown, string] => [
    input,
    NO_OBJECT,
  ]),
  [{ session: 'garage' }, 'the path and the body name different sessions', 'cabin'],
  [{ session: 'default' }, 'the path and the body name different sessions', 'cabin'],
  [{ session: '' }, SESSION],
  [{ session: 'Garage' }, SESSION],
  [{ session: '-x' }, SESSION],
  [{ session: 'a/b' }, SESSION],
  [{ session: 'a'.repeat(64) }, SESSION],
  [{ session: 5 }, 'session must be a string'],
  [{ session: null }, 'session must be a string'],
  [{ action: 'log out' }, 'action must be logout or check'],
  ...['android', '1'.repeat(16), '0', 0, '0123', 1.5, {}, null].map((clientId): [unknown, string] => [
    { clientId },
    CLIENT,
  ]),
  [{ session: 'A', action: 'b' }, `${SESSION}; action must be logout or check`],

  // The console's test event, and a secret in the wrong place.
  [
    { key1: 'value1', key2: 'value2', key3: 'value3' },
    UNKNOWN.replace('an unknown field', '3 unknown fields'),
  ],
  ...['{"__proto__":{"session":"garden"}}', '{"constructor":"x"}', '{"prototype":{}}'].map(
    (text): [unknown, string] => [JSON.parse(text), UNKNOWN],
  ),
  ...['eyJhbGciOi', 'kJ7mPq2XvB9nRt4WcY8sLd3HgF6aZe1U', 'password', 'a\nb', 'x'.repeat(1_000)].map(
    (name): [unknown, string] => [{ [name]: 1 }, UNKNOWN],
  ),
  // Only what is a typing error away from ours is told.
  ...['sesion', 'sessions', 'Session', 'seession', 'sessoin'].map((name): [unknown, string] => [
    { [name]: 1 },
    meant(name, 'session'),
  ]),
  [{ client_id: 1 }, meant('client_id', 'clientId')],
  [{ clientid: 1 }, meant('clientid', 'clientId')],
  [{ acton: 1 }, meant('acton', 'action')],
])('%j is refused with what is accepted', (input, says, sessionInPath) => {
  const refused = () => parseCommand(input, sessionInPath);
  expect(refused).toThrow(new Failure('request_invalid', says));
  expect(refused).toThrow(expect.objectContaining({ code: 'request_invalid' }));
});

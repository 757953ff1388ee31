import { describe, expect, test } from 'vitest';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseCommand } from '../../../lambda/logout/command.ts';

function refusal(input: unknown, sessionInPath?: string): Failure {
  try {
    parseCommand(input, sessionInPath);
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('was not refused');
}

describe('a command', () => {
  test('logs out the default session if no session is given', () => {
    expect(parseCommand({})).toEqual({ session: 'default', action: 'logout' });
  });

  test('takes all three fields', () => {
    expect(parseCommand({ session: 'garage', action: 'check', clientId: '1234567' })).toEqual({
      session: 'garage',
      action: 'check',
      clientId: '1234567',
    });
  });

  test('takes a client id as a JSON number too', () => {
    expect(parseCommand({ clientId: 1234567 }).clientId).toBe('1234567');
  });

  test('takes the session of the path', () => {
    expect(parseCommand({ action: 'check' }, 'garage')).toEqual({ session: 'garage', action: 'check' });
    expect(parseCommand({ session: 'garage' }, 'garage').session).toBe('garage');
  });

  test('is refused where path and body name different sessions', () => {
    expect(refusal({ session: 'garage' }, 'cabin').message).toContain('different sessions');
    expect(refusal({ session: 'default' }, 'cabin').message).toContain('different sessions');
  });

  test('the Lambda console’s test event logs no session out, and the answer lists the accepted fields', () => {
    const failure = refusal({ key1: 'value1', key2: 'value2', key3: 'value3' });
    expect(failure.code).toBe('request_invalid');
    expect(failure.message).toBe('3 unknown fields; accepted are session, action, clientId (all optional)');
  });

  test.each([['{"__proto__":{"session":"garden"}}'], ['{"constructor":"x"}'], ['{"prototype":{}}']])(
    'unknown fields are refused by whatever name: %s',
    (text) => {
      expect(refusal(JSON.parse(text)).message).toMatch(
        /^an unknown field; accepted are session, action, clientId/,
      );
    },
  );

  test.each([
    ['sesion', 'an unknown field: "sesion" (session?)'],
    ['sessions', 'an unknown field: "sessions" (session?)'],
    ['Session', 'an unknown field: "Session" (session?)'],
    ['seession', 'an unknown field: "seession" (session?)'],
    ['sessoin', 'an unknown field: "sessoin" (session?)'],
    ['client_id', 'an unknown field: "client_id" (clientId?)'],
    ['clientid', 'an unknown field: "clientid" (clientId?)'],
    ['acton', 'an unknown field: "acton" (action?)'],
    ['eyJhbGciOi', 'an unknown field;'],
    ['kJ7mPq2XvB9nRt4WcY8sLd3HgF6aZe1U', 'an unknown field;'],
    ['password', 'an unknown field;'],
    ['a\nb', 'an unknown field;'],
    ['x'.repeat(10_000), 'an unknown field;'],
  ])('an unknown field is told only where it is a typing error away from ours: %j', (name, words) => {
    expect(refusal({ [name]: 1 }).message).toContain(words);
    if (words.endsWith(';')) expect(refusal({ [name]: 1 }).message).not.toContain(name);
  });

  test.each([[null], [undefined], ['logout'], [7], [[]], [['default']], [true]])(
    '%j is refused: it is no object',
    (input) => {
      expect(refusal(input)).toMatchObject({ code: 'request_invalid' });
      expect(refusal(input).message).toContain('expected a JSON object');
    },
  );

  test.each([
    [{ session: '' }, 'session must be 1 to 63 characters'],
    [{ session: 'Garage' }, 'session must be 1 to 63 characters'],
    [{ session: '-x' }, 'session must be 1 to 63 characters'],
    [{ session: 'a/b' }, 'session must be 1 to 63 characters'],
    [{ session: 'a'.repeat(64) }, 'session must be 1 to 63 characters'],
    [{ session: 5 }, 'session must be a string'],
    [{ session: null }, 'session must be a string'],
    [{ action: 'log out' }, 'action must be logout or check'],
    [{ clientId: 'android' }, 'clientId must be a number of 1 to 15 digits'],
    [{ clientId: '1'.repeat(16) }, 'clientId must be a number of 1 to 15 digits'],
    [{ clientId: '0' }, 'clientId must be a number of 1 to 15 digits'],
    [{ clientId: 0 }, 'clientId must be a number of 1 to 15 digits'],
    [{ clientId: '0123' }, 'clientId must be a number of 1 to 15 digits'],
    [{ clientId: 1.5 }, 'clientId must be a number of 1 to 15 digits'],
    [{ clientId: {} }, 'clientId must be a number of 1 to 15 digits'],
    [{ clientId: null }, 'clientId must be a number of 1 to 15 digits'],
  ])('%j is refused with what is accepted', (input, message) => {
    expect(refusal(input)).toMatchObject({ code: 'request_invalid' });
    expect(refusal(input).message).toContain(message);
  });

  test('all faults are reported at once', () => {
    expect(refusal({ session: 'A', action: 'b' }).message).toMatch(/session must be .*; action must be/);
  });
});

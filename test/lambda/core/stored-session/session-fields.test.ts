import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { restUrl } from '../../../../lambda/core/blink/rest-host.ts';
import { Failure } from '../../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';
import { refusedText } from './refused-text.ts';

function blinkpy(fields: Record<string, unknown>): string {
  return JSON.stringify({ refresh_token: 'r', ...fields });
}

describe('the host', () => {
  test.each([
    ['e008.immedia-semi.com', 'e008'],
    ['rest-e008.immedia-semi.com', 'e008'],
    ['https://rest-e008.immedia-semi.com', 'e008'],
    ['REST-Prod.Immedia-Semi.COM', 'prod'],
    ['a001.immedia-semi.com', 'a001'],
  ])('%s is the tier %s', (host, tier) => {
    expect(parseStoredSession(blinkpy({ host })).tier).toBe(tier);
  });

  test.each([
    ['evil.example'],
    ['e008.immedia-semi.com.evil.example'],
    ['immedia-semi.com'],
    ['e008.immedia-semi.com.'],
    ['e008.immedia-semi.com:8443'],
    ['e008.immedia-semi.com/'],
    ['e008.immedia-semi.com?x'],
    ['e008.immedia-semi.com#x'],
    ['user@e008.immedia-semi.com'],
    ['evil.example/e008.immedia-semi.com'],
    ['evil.example#.immedia-semi.com'],
    ['http://e008.immedia-semi.com'],
    ['rest-rest-e008.immedia-semi.com'],
    ['e.immedia-semi.com'],
    ['a.b.immedia-semi.com'],
    ['e008.immedia-semi.com\n'],
    [' e008.immedia-semi.com'],
    ['e00８.immedia-semi.com'],
    ['\u212a008.immedia-semi.com'],
    ['e008\u3002immedia-semi.com'],
    ['e008.immedia\u2010semi.com'],
    ['127.0.0.1'],
  ])('%j is refused by name', (host) => {
    expect(refusedText(blinkpy({ host }))).toMatchObject({
      code: 'session_invalid',
      message: expect.stringContaining('host must be <tier>.immedia-semi.com'),
    });
  });

  test('takes precedence over region_id, which is used if host is empty or null', () => {
    expect(parseStoredSession(blinkpy({ host: 'e001.immedia-semi.com', region_id: 'e002' })).tier).toBe(
      'e001',
    );
    expect(parseStoredSession(blinkpy({ host: '', region_id: 'E002' })).tier).toBe('e002');
    expect(parseStoredSession(blinkpy({ host: null, region_id: 'e002' })).tier).toBe('e002');
    expect(parseStoredSession(blinkpy({ host: null, region_id: '' }))).not.toHaveProperty('tier');
  });

  test('never sends a token anywhere but to rest-<tier>.immedia-semi.com, whatever is stored', () => {
    const pieces = fc.constantFrom(
      'rest-',
      'e008',
      '.',
      'immedia-semi.com',
      'https://',
      '@',
      '/',
      '\\',
      ':',
      '#',
      '?',
      'evil.example',
      '%2e',
      'K',
      '\u212a',
      '\n',
      '\t',
    );
    const host = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 8 }).map((some) => some.join('')),
    );
    fc.assert(
      fc.property(host, fc.constantFrom('host', 'region_id'), (value, field) => {
        let tier: string | undefined;
        try {
          tier = parseStoredSession(blinkpy({ [field]: value })).tier;
        } catch (error) {
          if (!(error instanceof Failure && error.code === 'session_invalid')) throw error;
        }
        if (tier === undefined) return;
        const url = restUrl(tier, '/x');
        expect(url.href).toMatch(/^https:\/\/rest-[a-z0-9]{2,16}\.immedia-semi\.com\/x$/);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('the hardware id', () => {
  test.each([['Blinkpy'], ['Home Assistant'], [''], [null]])('%j is not sent', (hardware_id) => {
    expect(parseStoredSession(blinkpy({ hardware_id }))).not.toHaveProperty('hardwareId');
  });

  test('is not the device_id', () => {
    expect(parseStoredSession(blinkpy({ device_id: 'abc' }))).not.toHaveProperty('hardwareId');
  });
});

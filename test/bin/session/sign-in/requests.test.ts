import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../local/faults.ts';
import type { Answer } from '../../../../local/loopback-server.ts';
import {
  ACCOUNTS,
  CODE,
  PASSWORD,
  SIGN_IN_LINES,
  session,
  sessionForEachTest,
} from '../session-under-test.ts';

sessionForEachTest();

function calls(action?: string) {
  return session.blink.calls.filter((call) => action === undefined || call.action === action);
}

function answering(status: number, headers: Answer['headers'] = {}, body = ''): Effect {
  return { do: 'answer', answer: { status, headers, body } };
}

/** Signs in with the password as the account without a second factor. */
async function codeOfFailure(): Promise<string> {
  const ran = await session.run('sign-in --password --json', [ACCOUNTS.plain.email, PASSWORD]);
  return JSON.parse(ran.stdout).error.code;
}

describe('a sign-in on Blink’s page', () => {
  it('asks for what Blink’s app asks for, under a name that does not frighten', async () => {
    const { page } = await session.runOnPage('sign-in');
    expect(page.pathname).toBe('/oauth/v2/authorize');
    expect(page.search).not.toContain('+');
    expect(Object.fromEntries(page.searchParams)).toEqual({
      app_brand: 'blink',
      app_version: 'Version 57.1',
      client_id: 'android',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      dark_mode: 'false',
      device_brand: 'blink-logout',
      device_model: 'blink-logout',
      device_os_version: 'Android 14',
      hardware_id: expect.stringMatching(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/),
      prompt: 'login',
      redirect_uri: 'https://applinks.blink.com/signin/callback',
      response_type: 'code',
      scope: 'client',
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
  });

  it('exchanges the code at once with exactly five fields, without cookie or browser, and looks up the ids', async () => {
    const { end, page, stdout, stderr } = await session.runOnPage('sign-in --verbose');
    const [exchange] = calls('exchange');
    expect(exchange?.form).toEqual({
      grant_type: 'authorization_code',
      redirect_uri: 'https://applinks.blink.com/signin/callback',
      code: end.searchParams.get('code'),
      code_verifier: expect.any(String),
      client_id: 'android',
    });
    expect(exchange?.headers).not.toHaveProperty('cookie');
    expect(exchange?.headers).toMatchObject({ 'user-agent': 'Blink' });
    expect(
      calls()
        .map(({ action }) => action)
        .slice(-3),
    ).toEqual(['exchange', 'tier-info', 'homescreen']);
    const shown = stdout + stderr.replace(page.href, '');
    const { code, code_verifier } = exchange?.form ?? {};
    for (const secret of [code, code_verifier, page.searchParams.get('state')]) {
      expect(shown).not.toContain(secret);
    }
  });

  it('uses the hardware id of the stored session, and another state and challenge each time', async () => {
    const first = (await session.runOnPage('sign-in')).page.searchParams;
    const second = (await session.runOnPage('sign-in')).page.searchParams;
    const changed = [...first.keys()].filter((name) => first.get(name) !== second.get(name));
    expect(changed.sort()).toEqual(['code_challenge', 'state']);
  });
});

describe('a sign-in with the password', () => {
  it('visits the pages as a browser does, and the token endpoint as the app does', async () => {
    await session.run('sign-in --password', SIGN_IN_LINES);
    const steps = calls().slice(0, 7);
    expect(steps.map(({ action, headers }) => [action, /Safari/.test(headers['user-agent'] ?? '')])).toEqual([
      ['authorize', true],
      ['sign-in-page', true],
      ['sign-in-page', true],
      ['sign-in', true],
      ['verify', true],
      ['authorize', true],
      ['exchange', false],
    ]);
    for (const [n, { action, body, headers }] of steps.entries()) {
      expect(body.includes(PASSWORD)).toBe(action === 'sign-in');
      expect(body.includes(CODE)).toBe(action === 'verify');
      expect(headers.cookie !== undefined).toBe(n > 0);
    }
  });

  it('makes another verifier and challenge each time', async () => {
    for (let n = 0; n < 2; n++) await session.run('sign-in --password', SIGN_IN_LINES);
    const challenges = calls().flatMap(({ query }) => query['code_challenge'] ?? []);
    expect(new Set(challenges).size).toBe(2);
  });

  it.each([
    'https://evil.example/',
    'http://api.oauth.blink.com/',
    'https://blink.com.evil.example/',
    'https://api.blink.com:8443/',
    'https://notblink.com/',
    'immedia-blink://x',
    '//evil.example',
  ])('follows no redirect to %s', async (location) => {
    session.blink.faults.after('authorize', answering(302, { location }));
    expect(await codeOfFailure()).toBe('blink_rejected');
    expect(calls()).toHaveLength(1);
  });

  it('follows redirects among Blink’s hosts, but not for ever, with the cookies that are for each', async () => {
    const location = 'https://id.blink.com/again';
    const cookies = [
      'wide=1; Domain=blink.com; Path=/; Secure',
      'narrow=1; Path=/; Secure',
      'foreign=1; Domain=example.com; Path=/',
      'everywhere=1; Domain=com; Path=/',
    ];
    session.blink.faults.after('authorize', answering(302, { location, 'set-cookie': cookies }));
    session.blink.faults.after('unknown', answering(302, { location }));
    expect(await codeOfFailure()).toBe('blink_rejected');
    expect(calls().map(({ host, headers }) => [host, headers.cookie])).toEqual([
      ['api.oauth.blink.com', undefined],
      ...Array(5).fill(['id.blink.com', 'wide=1']),
    ]);
  });

  it.each([
    'https://evil.example/?code=x',
    'immedia-blink://elsewhere/?code=x',
    'immedia-blink://applinks.blink.com/signin/callback',
    '/oauth/v2/signin',
  ])('takes no code from %s', async (location) => {
    session.blink.faults.after('authorize', answering(302, { location }), {
      where: ({ query }) => query['client_id'] === undefined,
    });
    expect(await codeOfFailure()).toBe('blink_rejected');
    expect(calls().at(-1)?.action).toBe('authorize');
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PasswordResult, submitPassword } from '../../../../bin/session/sign-in/submit-password.ts';
import { createHttpExchange } from '../../../../lambda/core/blink/http-exchange.ts';
import { type BlinkStandIn, startBlink } from '../../../../local/blink/start-blink.ts';
import type { Effect } from '../../../../local/faults.ts';
import type { Answer } from '../../../../local/loopback-server.ts';

const ACCOUNT = { password: 'canary-password', tier: 'e008', accountId: 1, userId: 2 };
const PLAIN = { ...ACCOUNT, email: 'plain@example.com' };
const BY_412 = {
  ...ACCOUNT,
  email: '412@example.com',
  secondFactor: { code: '123456', askedBy: 412 },
} as const;
const BY_202 = {
  ...ACCOUNT,
  email: '202@example.com',
  secondFactor: { code: '123456', askedBy: 202 },
} as const;
const HARDWARE_ID = '6F1B0D0E-0000-4000-8000-000000000001';

let blink: BlinkStandIn;

beforeEach(async () => {
  blink = await startBlink({ accounts: [PLAIN, BY_412, BY_202] });
});
afterEach(() => blink.close());

function signInAs({ email, password }: { readonly email: string; readonly password: string }) {
  const caller = { exchange: createHttpExchange(blink.url), userAgent: 'Blink' };
  return submitPassword(caller, { email, password, hardwareId: HARDWARE_ID });
}

function answering(status: number, body = '', headers: Answer['headers'] = {}): Effect {
  return { do: 'answer', answer: { status, headers, body } };
}

function wanted(result: PasswordResult): Extract<PasswordResult, { kind: 'second_factor_wanted' }> {
  if (result.kind !== 'second_factor_wanted') throw new Error(`it is ${result.kind}`);
  return result;
}

describe('signing in', () => {
  it('brings tokens at once where no second factor is set up', async () => {
    const result = await signInAs(PLAIN);
    const [{ id: clientId } = { id: 0 }] = blink.accounts.clientsOf(1);
    expect(result).toMatchObject({
      kind: 'signed_in',
      grant: { oauthClient: 'ios', refreshToken: blink.tokens.newest(clientId) },
    });
  });

  it.each([BY_412, BY_202])(
    'asks for the code where Blink answers $secondFactor.askedBy',
    async (account) => {
      const result = wanted(await signInAs(account));
      expect(result).toMatchObject({ method: 'sms', resendAfterSeconds: 60 });
      expect(await result.verify('000000')).toEqual({ kind: 'wrong_code' });
      expect(await result.verify('123456')).toMatchObject({ kind: 'signed_in' });
    },
  );

  it('is the same client to Blink each time, as its hardware id is the same', async () => {
    await signInAs(PLAIN);
    await signInAs(PLAIN);
    expect(blink.accounts.clientsOf(1)).toHaveLength(1);
  });

  it('makes another verifier and challenge each time', async () => {
    await signInAs(PLAIN);
    await signInAs(PLAIN);
    const challenges = blink.calls.flatMap(({ query }) => query['code_challenge'] ?? []);
    expect(new Set(challenges).size).toBe(2);
  });

  it('calls the pages as a browser does, and the token endpoint as the app does', async () => {
    await signInAs(PLAIN);
    expect(
      blink.calls.map(({ action, headers }) => [action, /Safari/.test(headers['user-agent'] ?? '')]),
    ).toEqual([
      ['authorize', true],
      ['sign-in-page', true],
      ['sign-in-page', true],
      ['sign-in', true],
      ['authorize', true],
      ['exchange', false],
    ]);
  });

  it('does not send the password anywhere but to the sign-in page, and its cookies with every step', async () => {
    await signInAs(PLAIN);
    for (const [n, { action, body, headers }] of blink.calls.entries()) {
      expect(body.includes(PLAIN.password)).toBe(action === 'sign-in');
      expect(headers.cookie !== undefined).toBe(n > 0);
    }
  });
});

describe('rejections by Blink', () => {
  it('is a wrong password, and after five of them a block', async () => {
    const wrong = { ...PLAIN, password: 'wrong' };
    for (let n = 0; n < 5; n++) expect(await signInAs(wrong)).toEqual({ kind: 'wrong_password' });
    await expect(signInAs(PLAIN)).rejects.toMatchObject({ details: { blinkStatus: 406 } });
  });

  it.each([400, 401, 403, 422])('is a wrong password by status %i', async (status) => {
    blink.faults.before('sign-in', answering(status, '{"error":"x"}'));
    expect(await signInAs(PLAIN)).toEqual({ kind: 'wrong_password' });
  });

  it.each([406, 429])('is a block by status %i, for the password and for the code', async (status) => {
    const blocked = { details: { blinkStatus: status } };
    const pending = wanted(await signInAs(BY_412));
    blink.faults.before('verify', answering(status));
    await expect(pending.verify('123456')).rejects.toMatchObject(blocked);
    blink.faults.before('sign-in', answering(status));
    await expect(signInAs(PLAIN)).rejects.toMatchObject(blocked);
  });

  it('is not tried again', async () => {
    blink.faults.before('sign-in', answering(503));
    await expect(signInAs(PLAIN)).rejects.toMatchObject({ code: 'blink_unavailable' });
    expect(blink.calls.filter(({ action }) => action === 'sign-in')).toHaveLength(1);
  });
});

describe('what is not as it was', () => {
  it.each([
    ['a first page that is none', 'authorize', answering(404), 'blink_rejected'],
    ['an edge that blocks', 'authorize', answering(406, 'Not Acceptable'), 'blink_rejected'],
    ['a page without its token', 'sign-in-page', answering(200, '<p>canary-page</p>'), 'blink_rejected'],
    [
      'a token that is no JSON',
      'sign-in-page',
      answering(200, '<script id="oauth-args">{</script>'),
      'blink_rejected',
    ],
    [
      'lost cookies',
      'sign-in',
      answering(400, '{"error":"bad_request","error_cause":"empty_cookies"}'),
      'blink_rejected',
    ],
    ['a 202 that says nothing', 'sign-in', answering(202, '{}'), 'blink_rejected'],
    ['a page where a redirect was due', 'sign-in', answering(200, '<p>canary-page</p>'), 'blink_rejected'],
    ['a server that fails', 'exchange', answering(500, 'canary-body'), 'blink_unavailable'],
    [
      'an exchange without tokens',
      'exchange',
      answering(200, '{"access_token":"canary-token"}'),
      'blink_rejected',
    ],
    ['an answer that breaks off', 'exchange', { do: 'cut-off' }, 'blink_unavailable'],
    ['a connection that is cut', 'sign-in', { do: 'destroy' }, 'blink_unavailable'],
  ] as const)('%s is a failure that shows nothing', async (_what, on, effect, code) => {
    blink.faults.after(on, effect);
    const failure: unknown = await signInAs(PLAIN).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain('canary');
  });

  it('treats a 412 without a body as a second factor', async () => {
    blink.faults.after('sign-in', answering(412, 'no JSON'));
    expect(wanted(await signInAs(BY_412))).toMatchObject({ method: 'unknown', resendAfterSeconds: 60 });
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
    blink.faults.after('authorize', answering(302, '', { location }));
    await expect(signInAs(PLAIN)).rejects.toMatchObject({ code: 'blink_rejected' });
    expect(blink.calls).toHaveLength(1);
  });

  it('follows redirects among Blink’s hosts, but not for ever', async () => {
    const location = 'https://id.blink.com/again';
    blink.faults.add(
      { on: 'authorize', at: 'after', effect: answering(302, '', { location }) },
      { on: 'unknown', at: 'after', effect: answering(302, '', { location }) },
    );
    await expect(signInAs(PLAIN)).rejects.toMatchObject({ code: 'blink_rejected' });
    expect(blink.calls.map(({ host }) => host)).toEqual([
      'api.oauth.blink.com',
      ...Array(5).fill('id.blink.com'),
    ]);
  });

  it.each([
    'https://evil.example/?code=x',
    'immedia-blink://elsewhere/?code=x',
    'immedia-blink://applinks.blink.com/signin/callback',
    '/oauth/v2/signin',
  ])('takes no code from %s', async (location) => {
    blink.faults.after('authorize', answering(302, '', { location }), {
      where: ({ query }) => query['client_id'] === undefined,
    });
    await expect(signInAs(PLAIN)).rejects.toMatchObject({ code: 'blink_rejected' });
    expect(blink.calls.at(-1)?.action).toBe('authorize');
  });
});

describe('cookies', () => {
  it('go back to the hosts they are for, and to no other', async () => {
    const cookies = [
      'wide=1; Domain=blink.com; Path=/; Secure',
      'narrow=1; Path=/; Secure',
      'foreign=1; Domain=example.com; Path=/',
      'everywhere=1; Domain=com; Path=/',
    ];
    const location = 'https://id.blink.com/';
    blink.faults.add(
      { on: 'authorize', at: 'after', effect: answering(302, '', { location, 'set-cookie': cookies }) },
      { on: 'unknown', at: 'after', effect: answering(404) },
    );
    await signInAs(PLAIN).catch(() => {});
    expect(blink.calls.map(({ host, headers }) => [host, headers.cookie])).toEqual([
      ['api.oauth.blink.com', undefined],
      ['id.blink.com', 'wide=1'],
    ]);
  });
});

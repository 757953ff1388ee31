import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { Browser } from './browser.ts';
import { send, sendForm } from './send.ts';

/** The sign-in of the app for Android: the page in a browser, and the exchange by the app. */

const ACCOUNT = { password: 'right', tier: 'e008', accountId: 1, userId: 2 };
const PLAIN = { ...ACCOUNT, email: 'plain@example.com' };
const BY_CODE = {
  ...ACCOUNT,
  email: 'code@example.com',
  secondFactor: { code: '123456', askedBy: 412 },
} as const;
const VERIFIER = 'v'.repeat(43);
const REDIRECT_URI = 'https://applinks.blink.com/signin/callback';
const QUERY = {
  client_id: 'android',
  redirect_uri: REDIRECT_URI,
  response_type: 'code',
  scope: 'client',
  state: 'the state',
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
  prompt: 'login',
  hardware_id: '6F1B0D0E-0000-4000-8000-000000000001',
  app_brand: 'blink',
  app_version: 'Version 57.1',
  device_brand: 'blink-logout',
  device_model: 'blink-logout',
  device_os_version: 'Android 14',
  dark_mode: 'false',
};
const FORM = {
  grant_type: 'authorization_code',
  redirect_uri: REDIRECT_URI,
  code_verifier: VERIFIER,
  client_id: 'android',
};

let blink: BlinkStandIn;
let browser: Browser;

beforeEach(async () => {
  blink = await startBlink({ accounts: [PLAIN, BY_CODE] });
  browser = new Browser();
});
afterEach(() => blink.close());

function pageAddress(query: Readonly<Record<string, string>> = {}): string {
  return `${blink.url}/oauth/v2/authorize?${new URLSearchParams({ ...QUERY, ...query })}`;
}

function signIn(email: string, password = 'right'): Promise<void> {
  return browser.submit('Sign in', { 'E-mail address': email, Password: password });
}

/** The code in the address at which the browser has arrived. */
function code(): string {
  const { origin, pathname, searchParams } = new URL(browser.address);
  expect(`${origin}${pathname}`).toBe(`${blink.url}/signin/callback`);
  expect([...searchParams.keys()]).toEqual(['code', 'state']);
  expect(searchParams.get('state')).toBe('the state');
  return searchParams.get('code') ?? '';
}

async function exchange(form: Readonly<Record<string, string>>) {
  const { status, body } = await sendForm(blink, 'POST api.oauth.blink.com/oauth/token', form);
  return { status, json: JSON.parse(body) };
}

async function arrive(): Promise<void> {
  await browser.open(pageAddress());
  await signIn(PLAIN.email);
}

it('leads from the password to "Unsupported Browser" and, by exactly five fields, to tokens', async () => {
  await browser.open(pageAddress());
  expect([browser.status, browser.page.querySelector('title')?.text]).toEqual([
    200,
    'Sign in – stand-in for Blink',
  ]);
  await signIn(PLAIN.email);
  expect([browser.status, browser.page.querySelector('h1')?.text]).toEqual([200, 'Unsupported Browser']);
  const { status, json } = await exchange({ ...FORM, code: code() });
  expect(status).toBe(200);
  const [client] = blink.accounts.clientsOf(1);
  expect(client).toMatchObject({ name: 'blink-logout' });
  expect(blink.tokens.newest(client?.id ?? 0)).toBe(json.refresh_token);
});

it('asks for a second factor, and for the right one', async () => {
  await browser.open(pageAddress());
  await signIn(BY_CODE.email);
  expect(browser.text).toContain('A code was sent to');
  await browser.submit('Continue', { Code: '000000' });
  expect([browser.status, browser.problem]).toEqual([400, 'The code is wrong or has expired.']);
  await browser.submit('Continue', { Code: '123456' });
  expect(await exchange({ ...FORM, code: code() })).toMatchObject({ status: 200 });
});

it('sends another code after a minute', async () => {
  await browser.open(pageAddress());
  await signIn(BY_CODE.email);
  await browser.submit('Send another code');
  expect(browser.status).toBe(429);
  expect(browser.problem).toMatch(/^Another code can be sent in (59|60) seconds\.$/);
  blink.clock.advanceMs(60_000);
  await browser.submit('Send another code');
  expect([browser.status, browser.problem]).toEqual([200, undefined]);
});

it('keeps the address after a wrong password, as text', async () => {
  await browser.open(pageAddress());
  await signIn('"><b>x@example.com', 'wrong');
  expect([browser.status, browser.problem]).toEqual([401, 'The e-mail address or the password is wrong.']);
  expect(browser.page.querySelector('b')).toBeNull();
  expect(browser.page.querySelector('#username')?.getAttribute('value')).toBe('"><b>x@example.com');
  await signIn(PLAIN.email);
  expect(code()).not.toBe('');
});

it('locks an account for ten minutes after five wrong passwords', async () => {
  await browser.open(pageAddress());
  for (let n = 0; n < 5; n++) await signIn(PLAIN.email, 'wrong');
  await signIn(PLAIN.email);
  expect([browser.status, browser.problem]).toEqual([
    406,
    'Too many wrong passwords. Try again in ten minutes.',
  ]);
  blink.clock.advanceMs(600_000);
  await signIn(PLAIN.email);
  expect(code()).not.toBe('');
});

it('has no scripts, labels every field, and is not stored', async () => {
  for (const next of [() => browser.open(pageAddress()), () => signIn(BY_CODE.email)]) {
    await next();
    expect(browser.page.querySelector('script')).toBeNull();
    expect(browser.page.querySelector('html')?.getAttribute('lang')).toBe('en');
    const visible = browser.page.querySelectorAll('input:not([type="hidden"])');
    for (const { id } of visible) expect(browser.page.querySelector(`label[for="${id}"]`)).not.toBeNull();
  }
  const { headers } = await fetch(`${blink.url}/signin/callback?code=x&state=y`);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

it('redirects to the real address where the request was for Blink’s host', async () => {
  const path = pageAddress().replace(blink.url, '');
  const begun = await send(blink, `GET api.oauth.blink.com${path}`);
  const cookie = begun.headers['set-cookie']?.[0]?.replace(/;.*/, '') ?? '';
  const page = await send(blink, 'GET api.oauth.blink.com/oauth/v2/signin', { cookie });
  const [, csrf = ''] = /name="csrf-token" value="([^"]+)"/.exec(page.body) ?? [];
  const form = { username: PLAIN.email, password: 'right', 'csrf-token': csrf };
  const { headers } = await sendForm(blink, 'POST api.oauth.blink.com/oauth/v2/signin', form, { cookie });
  expect(headers.location).toMatch(
    /^https:\/\/applinks\.blink\.com\/signin\/callback\?code=\S+&state=the\+state$/,
  );
});

describe('the exchange', () => {
  it.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }, 'invalid_grant'],
    ['another redirect address', { redirect_uri: 'https://example.com/' }, 'invalid_grant'],
    ['an unknown code', { code: 'unknown' }, 'invalid_grant'],
    ['a surplus field', { scope: 'client' }, 'invalid_request'],
    ['an empty field', { code_verifier: '' }, 'invalid_request'],
    ['another OAuth client', { client_id: 'ios' }, 'invalid_request'],
  ])('with %s is refused', async (_what, fields, error) => {
    await arrive();
    expect(await exchange({ ...FORM, code: code(), ...fields })).toMatchObject({
      status: 400,
      json: { error },
    });
  });

  it('is granted once', async () => {
    await arrive();
    expect(await exchange({ ...FORM, code: code() })).toMatchObject({ status: 200 });
    expect(await exchange({ ...FORM, code: code() })).toMatchObject({ json: { error: 'invalid_grant' } });
  });

  it('is refused after ten minutes', async () => {
    await arrive();
    blink.clock.advanceMs(600_000);
    expect(await exchange({ ...FORM, code: code() })).toMatchObject({ json: { error: 'invalid_grant' } });
  });
});

describe('a beginning', () => {
  it.each([
    ['without a state', { state: '' }],
    ['with a plain challenge', { code_challenge_method: 'plain' }],
    ['with a surplus field', { surplus: 'x' }],
  ])('%s ends at the callback with an error', async (_what, query) => {
    await browser.open(pageAddress(query as Record<string, string>));
    const { pathname, searchParams } = new URL(browser.address);
    expect([pathname, searchParams.get('error')]).toEqual(['/signin/callback', 'invalid_request']);
  });

  it.each([
    ['for another address', { redirect_uri: 'https://example.com/' }, 400],
    ['by an unknown client', { client_id: 'windows' }, 400],
    ['with a blocked hardware id', { hardware_id: 'Blinkpy' }, 406],
  ])('%s is redirected nowhere', async (_what, query, status) => {
    await browser.open(pageAddress(query as Record<string, string>));
    expect([browser.status, new URL(browser.address).pathname]).toEqual([status, '/oauth/v2/authorize']);
  });
});

it('refuses a form without the page’s token or the cookie', async () => {
  await browser.open(pageAddress());
  browser.page.querySelector('input[name="csrf-token"]')?.setAttribute('value', 'made up');
  await signIn(PLAIN.email);
  expect(browser.status).toBe(400);
  await browser.open(pageAddress());
  const { page, address } = browser;
  browser = Object.assign(new Browser(), { page, address });
  await signIn(PLAIN.email);
  expect([browser.status, browser.page.text]).toEqual([
    400,
    '{"error":"bad_request","error_cause":"empty_cookies"}',
  ]);
});

it('does not give the code twice when the form is sent again', async () => {
  await browser.open(pageAddress());
  const { page, address } = browser;
  await signIn(PLAIN.email);
  code();
  Object.assign(browser, { page, address });
  await signIn(PLAIN.email);
  expect(browser.status).toBe(400);
});

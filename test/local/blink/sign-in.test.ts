import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { Browser } from './browser.ts';
import { type Received, send, sendForm } from './send.ts';

const ACCOUNT = { password: 'right', tier: 'e008', accountId: 1, userId: 2 };
const PLAIN = 'plain@example.com';
const BY_412 = '412@example.com';
const BY_202 = '202@example.com';
const CODE = '123456';

const OAUTH = 'api.oauth.blink.com';
const VERIFIER = 'v'.repeat(43);
const QUERY = {
  app_brand: 'blink',
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
  hardware_id: '6f1b0d0e-0000-4000-8000-000000000001',
  response_type: 'code',
  scope: 'client',
};
type Fields = Readonly<Record<string, string>>;

let blink: BlinkStandIn;

beforeEach(async () => {
  blink = await startBlink({
    accounts: [
      { ...ACCOUNT, email: PLAIN },
      { ...ACCOUNT, email: BY_412, secondFactor: { code: CODE, askedBy: 412 } },
      { ...ACCOUNT, email: BY_202, secondFactor: { code: CODE, askedBy: 202 } },
    ],
  });
});
afterEach(() => blink.close());

/** Who signs in. Each step resolves with the status that it ends with. */
interface Person {
  begin(query?: Fields): Promise<number>;
  password(email: string, password?: string): Promise<number>;
  verify(code: string): Promise<number>;
  resend(): Promise<number>;
  /** Does not know the page's token any more. */
  forgetToken(): void;
  /** Goes on with the cookie of another moment. */
  withoutCookie(): void;
  /** The authorization code, if the sign-in has ended. */
  code(): Promise<string>;
  /** What the app sends for the tokens. */
  readonly form: Fields;
}

/** blinkpy, or the app for iOS. */
class Script implements Person {
  cookie = '';
  #token = '';
  readonly form = {
    app_brand: 'blink',
    client_id: 'ios',
    code_verifier: VERIFIER,
    grant_type: 'authorization_code',
    hardware_id: QUERY.hardware_id,
    redirect_uri: 'immedia-blink://applinks.blink.com/signin/callback',
    scope: 'client',
  };

  async begin(query: Fields = {}): Promise<number> {
    const all = {
      ...QUERY,
      app_version: '50.1',
      client_id: 'ios',
      device_brand: 'Apple',
      device_model: 'iPhone16,1',
      device_os_version: '26.1',
      redirect_uri: this.form.redirect_uri,
      ...query,
    };
    const begun = await this.#send(`GET ${OAUTH}/oauth/v2/authorize?${new URLSearchParams(all)}`);
    const page = await this.#send(`GET ${OAUTH}/oauth/v2/signin`);
    [, this.#token = ''] = /{"csrf-token":"([^"]+)"}/.exec(page.body) ?? [];
    return begun.status;
  }
  password(username: string, password = 'right', more: Fields = {}): Promise<number> {
    const page = { origin: `https://${OAUTH}`, referer: `https://${OAUTH}/oauth/v2/signin`, ...more };
    return this.#post('signin', { username, password }, page);
  }
  verify(code: string): Promise<number> {
    return this.#post('2fa/verify', { '2fa_code': code, remember_me: 'false' });
  }
  resend(): Promise<number> {
    return this.#post('2fa/resend', {});
  }
  forgetToken(): void {
    this.#token = 'made up';
  }
  withoutCookie(): void {
    this.cookie = '';
  }
  async code(): Promise<string> {
    const { headers } = await this.#send(`GET ${OAUTH}/oauth/v2/authorize`);
    return new URL(headers.location ?? '', 'x:/').searchParams.get('code') ?? '';
  }

  async #post(path: string, form: Fields, headers: Fields = {}): Promise<number> {
    const line = `POST ${OAUTH}/oauth/v2/${path}`;
    return (await this.#send(line, headers, { ...form, 'csrf-token': this.#token })).status;
  }
  async #send(line: string, more: Fields = {}, form?: Fields): Promise<Received> {
    const headers = { 'user-agent': 'iPhone Safari', cookie: this.cookie, ...more };
    const received = await (form ? sendForm(blink, line, form, headers) : send(blink, line, headers));
    this.cookie = received.headers['set-cookie']?.[0]?.replace(/;.*/, '') ?? this.cookie;
    return received;
  }
}

/** A person's browser on the page of the app for Android. */
class OnPage implements Person {
  browser = new Browser();
  readonly form = {
    client_id: 'android',
    code_verifier: VERIFIER,
    grant_type: 'authorization_code',
    redirect_uri: 'https://applinks.blink.com/signin/callback',
  };

  async begin(query: Fields = {}): Promise<number> {
    const all = {
      ...QUERY,
      app_version: 'Version 57.1',
      client_id: 'android',
      dark_mode: 'false',
      device_brand: 'blink-logout',
      device_model: 'blink-logout',
      device_os_version: 'Android 14',
      prompt: 'login',
      redirect_uri: this.form.redirect_uri,
      state: 'the state',
      ...query,
    };
    await this.browser.open(`${blink.url}/oauth/v2/authorize?${new URLSearchParams(all)}`);
    return this.browser.status;
  }
  password(email: string, password = 'right'): Promise<number> {
    return this.#submit('Sign in', { 'E-mail address': email, Password: password });
  }
  verify(code: string): Promise<number> {
    return this.#submit('Continue', { Code: code });
  }
  resend(): Promise<number> {
    return this.#submit('Send another code');
  }
  forgetToken(): void {
    this.browser.page.querySelector('input[name="csrf-token"]')?.setAttribute('value', 'made up');
  }
  withoutCookie(): void {
    const { page, address } = this.browser;
    this.browser = Object.assign(new Browser(), { page, address });
  }
  async code(): Promise<string> {
    const { origin, pathname, searchParams } = new URL(this.browser.address);
    if (`${origin}${pathname}` !== `${blink.url}/signin/callback`) return '';
    expect(this.browser.text).toContain('Unsupported Browser');
    expect([...searchParams.keys(), searchParams.get('state')]).toEqual(['code', 'state', 'the state']);
    return searchParams.get('code') ?? '';
  }

  async #submit(button: string, typed: Fields = {}): Promise<number> {
    await this.browser.submit(button, typed);
    return this.browser.status;
  }
}

async function exchange(person: Person, fields: Fields = {}) {
  const form = { ...person.form, code: await person.code(), ...fields };
  const { status, body } = await sendForm(blink, `POST ${OAUTH}/oauth/token`, form);
  return { status, ...JSON.parse(body) };
}

describe.each([
  ['a script', () => new Script(), 'iPhone16,1', 302],
  ['a person on the page', () => new OnPage(), 'blink-logout', 200],
] as const)('%s', (_who, person, name, begun) => {
  let me: Person;

  beforeEach(async () => {
    me = person();
    expect(await me.begin()).toBe(begun);
  });

  it('gets tokens for a password, and keeps one client', async () => {
    await me.password(PLAIN);
    const { status, refresh_token } = await exchange(me);
    expect(status).toBe(200);
    const [client] = blink.accounts.clientsOf(1);
    expect(client).toMatchObject({ name });
    expect(blink.tokens.newest(client?.id ?? 0)).toBe(refresh_token);
    const again = person();
    await again.begin();
    await again.password(PLAIN);
    expect(await exchange(again)).toMatchObject({ status: 200 });
    expect(blink.accounts.clientsOf(1)).toHaveLength(1);
  });

  it('needs the second factor, and the right one', async () => {
    await me.password(BY_412);
    expect(await me.code()).toBe('');
    expect(await me.verify('000000')).toBe(400);
    expect(await me.code()).toBe('');
    expect(await me.verify(CODE)).toBeLessThan(300);
    expect(await exchange(me)).toMatchObject({ status: 200 });
  });

  it('gets another code after a minute', async () => {
    await me.password(BY_412);
    expect(await me.resend()).toBe(429);
    blink.clock.advanceMs(60_000);
    expect(await me.resend()).toBe(200);
  });

  it('is locked out for ten minutes after five wrong passwords', async () => {
    for (let n = 0; n < 5; n++) expect(await me.password(PLAIN, 'wrong')).toBe(401);
    expect(await me.password(PLAIN)).toBe(406);
    blink.clock.advanceMs(600_000);
    expect(await me.password(PLAIN, 'wrong')).toBe(401);
    expect(await me.password(PLAIN)).toBe(begun);
  });

  it.each<[string, (me: Person) => void]>([
    ['page’s token', (me) => me.forgetToken()],
    ['cookie', (me) => me.withoutCookie()],
  ])('is refused without the %s', async (_what, forget) => {
    forget(me);
    expect(await me.password(PLAIN)).toBe(400);
  });

  it.each<[string, Fields, string]>([
    ['another verifier', { code_verifier: 'w'.repeat(43) }, 'invalid_grant'],
    ['another redirect address', { redirect_uri: 'https://example.com/' }, 'invalid_grant'],
    ['an unknown code', { code: 'unknown' }, 'invalid_grant'],
    ['a surplus field', { surplus: 'x' }, 'invalid_request'],
    ['an empty field', { code_verifier: '' }, 'invalid_request'],
  ])('gets no tokens with %s', async (_what, fields, error) => {
    await me.password(PLAIN);
    expect(await exchange(me, fields)).toMatchObject({ status: 400, error });
  });

  it('gets tokens once for a code, within ten minutes', async () => {
    await me.password(PLAIN);
    const code = await me.code();
    expect(await exchange(me, { code })).toMatchObject({ status: 200 });
    expect(await exchange(me, { code })).toMatchObject({ error: 'invalid_grant' });
    await me.begin();
    await me.password(PLAIN);
    const late = await me.code();
    blink.clock.advanceMs(600_000);
    expect(await exchange(me, { code: late })).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('a script', () => {
  it.each([
    [BY_412, 412],
    [BY_202, 202],
  ])('with %s is asked for a second factor by %i', async (email, status) => {
    const script = new Script();
    await script.begin();
    expect(await script.password(email)).toBe(status);
  });

  it.each<[Fields, number]>([
    [{ code_challenge_method: 'plain' }, 400],
    [{ scope: 'all' }, 400],
    [{ surplus: 'x' }, 400],
    [{ hardware_id: 'Blinkpy' }, 406],
  ])('cannot begin with %o', async (query, status) => {
    expect(await new Script().begin(query)).toBe(status);
  });

  it('must say that it is a browser on the page, and use the newest cookie', async () => {
    const script = new Script();
    await script.begin();
    expect(await script.password(PLAIN, 'right', { 'user-agent': 'curl' })).toBe(406);
    expect(await script.password(PLAIN, 'right', { referer: 'https://example.com/' })).toBe(400);
    const { cookie } = script;
    await script.password(BY_412);
    script.cookie = cookie;
    expect(await script.verify(CODE)).toBe(400);
  });
});

describe('the page', () => {
  it('has no scripts, labels every field, and is not stored', async () => {
    const me = new OnPage();
    for (const next of [() => me.begin(), () => me.password(BY_412)]) {
      await next();
      const { page } = me.browser;
      expect(page.querySelector('script')).toBeNull();
      expect(page.querySelector('html')?.getAttribute('lang')).toBe('en');
      const visible = page.querySelectorAll('input:not([type="hidden"])');
      for (const { id } of visible) expect(page.querySelector(`label[for="${id}"]`)).not.toBeNull();
    }
    const { headers } = await fetch(`${blink.url}/signin/callback?code=x&state=y`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('says what was wrong, and keeps the address as text', async () => {
    const me = new OnPage();
    await me.begin();
    await me.password('"><b>x@example.com', 'wrong');
    expect(me.browser.problem).toBe('The e-mail address or the password is wrong.');
    expect(me.browser.page.querySelector('b')).toBeNull();
    expect(me.browser.page.querySelector('#username')?.getAttribute('value')).toBe('"><b>x@example.com');
    await me.password(BY_412);
    await me.verify('000000');
    expect(me.browser.problem).toBe('The code is wrong or has expired.');
    await me.resend();
    expect(me.browser.problem).toMatch(/^Another code can be sent in (59|60) seconds\.$/);
  });

  it.each<[string, Fields, string, number]>([
    ['without a state', { state: '' }, '/signin/callback', 200],
    ['with a surplus field', { surplus: 'x' }, '/signin/callback', 200],
    ['for another address', { redirect_uri: 'https://example.com/' }, '/oauth/v2/authorize', 400],
    ['by an unknown client', { client_id: 'windows' }, '/oauth/v2/authorize', 400],
    ['with a blocked hardware id', { hardware_id: 'Blinkpy' }, '/oauth/v2/authorize', 406],
  ])('is not shown %s', async (_what, query, path, status) => {
    const me = new OnPage();
    expect(await me.begin(query)).toBe(status);
    const { pathname, searchParams } = new URL(me.browser.address);
    expect([pathname, searchParams.get('error')]).toEqual([path, status === 200 ? 'invalid_request' : null]);
  });

  it('leads to the real address where it was asked for by Blink’s host', async () => {
    const me = new OnPage();
    await me.begin();
    const cookie = me.browser.cookieFor(blink.url);
    const [, csrf = ''] = /name="csrf-token" value="([^"]+)"/.exec(String(me.browser.page)) ?? [];
    const form = { username: PLAIN, password: 'right', 'csrf-token': csrf };
    const { headers } = await sendForm(blink, `POST ${OAUTH}/oauth/v2/signin`, form, { cookie });
    expect(headers.location).toMatch(
      /^https:\/\/applinks\.blink\.com\/signin\/callback\?code=\S+&state=the\+state$/,
    );
  });
});

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { type Received, send, sendForm } from './send.ts';

/** The tests of the command `sign-in` sign in as both apps do; a browser's forms are used there. */

const ACCOUNT = { password: 'right', tier: 'e008', accountId: 1, userId: 2 };
const PLAIN = 'plain@example.com';
const TWO_FACTORS = 'code@example.com';
const CODE = '123456';

const HOST = 'api.oauth.blink.com';
const PAGE = `https://${HOST}/oauth/v2/signin`;
const VERIFIER = 'v'.repeat(43);
const HARDWARE_ID = '6f1b0d0e-0000-4000-8000-000000000001';
const QUERY = {
  app_brand: 'blink',
  app_version: '50.1',
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
  device_brand: 'brand',
  device_model: 'model',
  device_os_version: '26.1',
  hardware_id: HARDWARE_ID,
  response_type: 'code',
  scope: 'client',
};
const EXCHANGE = { code_verifier: VERIFIER, grant_type: 'authorization_code' };
type Fields = Readonly<Record<string, string>>;

/** A script imitates the app for iOS. On Android, a person signs in on the page. */
const APPS = {
  ios: {
    redirectUri: 'immedia-blink://applinks.blink.com/signin/callback',
    query: {},
    exchange: { app_brand: 'blink', hardware_id: HARDWARE_ID, scope: 'client' },
    codeWanted: 412,
  },
  android: {
    redirectUri: 'https://applinks.blink.com/signin/callback',
    query: { dark_mode: 'false', prompt: 'login', state: 'the state' },
    exchange: {},
    codeWanted: 302,
  },
} as const;
type App = keyof typeof APPS;

let blink: BlinkStandIn;

beforeEach(async () => {
  const accounts = [
    { ...ACCOUNT, email: PLAIN },
    { ...ACCOUNT, email: TWO_FACTORS, code: CODE },
  ];
  blink = await startBlink({ accounts });
});
afterEach(() => blink.close());

class SignIn {
  readonly app: App;
  cookie = '';
  token = '';
  #end = '';

  constructor(app: App) {
    this.app = app;
  }

  /** Resolves with the status, as all steps do. */
  async begin(fields: Fields = {}): Promise<number> {
    const { redirectUri, query } = APPS[this.app];
    const all = { ...QUERY, client_id: this.app, redirect_uri: redirectUri, ...query, ...fields };
    const begun = await this.#send(`GET ${HOST}/oauth/v2/authorize?${new URLSearchParams(all)}`);
    const page = await this.#send(`GET ${HOST}/oauth/v2/signin`);
    [, this.token = ''] = /{"csrf-token":"([^"]+)"}/.exec(page.body) ?? [];
    return begun.status;
  }

  password(username: string, password = 'right', headers: Fields = {}): Promise<number> {
    return this.#post(
      'signin',
      { username, password },
      { origin: `https://${HOST}`, referer: PAGE, ...headers },
    );
  }

  verify(code: string): Promise<number> {
    return this.#post('2fa/verify', { '2fa_code': code, remember_me: 'false' });
  }

  /** Empty if the sign-in has not ended. A script asks for it; a browser was sent on with it. */
  async code(): Promise<string> {
    if (this.app === 'ios') await this.#send(`GET ${HOST}/oauth/v2/authorize`);
    const { redirectUri } = APPS[this.app];
    return this.#end.startsWith(`${redirectUri}?`) ? (new URL(this.#end).searchParams.get('code') ?? '') : '';
  }

  async exchange(fields: Fields = {}): Promise<object> {
    const { redirectUri, exchange } = APPS[this.app];
    const app = { client_id: this.app, redirect_uri: redirectUri, ...exchange };
    const form = { ...EXCHANGE, ...app, code: await this.code(), ...fields };
    const { status, body } = await sendForm(blink, `POST ${HOST}/oauth/token`, form);
    return { status, ...JSON.parse(body) };
  }

  async #post(path: string, form: Fields, headers: Fields = {}): Promise<number> {
    const line = `POST ${HOST}/oauth/v2/${path}`;
    return (await this.#send(line, headers, { ...form, 'csrf-token': this.token })).status;
  }

  async #send(line: string, more: Fields = {}, form?: Fields): Promise<Received> {
    const headers = { 'user-agent': 'iPhone Safari', cookie: this.cookie, ...more };
    const received = await (form ? sendForm(blink, line, form, headers) : send(blink, line, headers));
    this.cookie = received.headers['set-cookie']?.[0]?.replace(/;.*/, '') ?? this.cookie;
    this.#end = received.headers.location ?? '';
    return received;
  }
}

describe.each(['ios', 'android'] as const)('a sign-in as %s', (app) => {
  let me: SignIn;

  beforeEach(async () => {
    me = new SignIn(app);
    expect(await me.begin()).toBe(302);
  });

  it('gets tokens for a password, and keeps one client', async () => {
    await me.password(PLAIN);
    const granted = await me.exchange();
    const [client] = blink.accounts.clientsOf(1);
    expect(client).toMatchObject({ name: 'model' });
    expect(granted).toMatchObject({ status: 200, refresh_token: blink.tokens.newest(client?.id ?? 0) });
    await me.begin();
    await me.password(PLAIN);
    expect(await me.exchange()).toMatchObject({ status: 200 });
    expect(blink.accounts.clientsOf(1)).toHaveLength(1);
  });

  it('needs the second factor, and the right one', async () => {
    expect(await me.password(TWO_FACTORS)).toBe(APPS[app].codeWanted);
    expect(await me.code()).toBe('');
    expect(await me.verify('000000')).toBe(400);
    expect(await me.code()).toBe('');
    expect(await me.verify(CODE)).toBe(app === 'ios' ? 201 : 302);
    expect(await me.exchange()).toMatchObject({ status: 200 });
  });

  it('is locked out for ten minutes after five wrong passwords', async () => {
    for (let n = 0; n < 5; n++) expect(await me.password(PLAIN, 'wrong')).toBe(401);
    expect(await me.password(PLAIN)).toBe(406);
    blink.clock.advanceMs(600_000);
    expect(await me.password(PLAIN)).toBe(302);
  });

  it.each(['token', 'cookie'] as const)('is refused without the page’s %s', async (field) => {
    me[field] = 'made up';
    expect(await me.password(PLAIN)).toBe(400);
  });

  it.each<[Fields, string]>([
    [{ code_verifier: 'w'.repeat(43) }, 'invalid_grant'],
    [{ redirect_uri: 'https://example.com/' }, 'invalid_grant'],
    [{ code: 'unknown' }, 'invalid_grant'],
    [{ surplus: 'x' }, 'invalid_request'],
    [{ code_verifier: '' }, 'invalid_request'],
  ])('gets no tokens with %j', async (fields, error) => {
    await me.password(PLAIN);
    expect(await me.exchange(fields)).toMatchObject({ status: 400, error });
  });

  it('gets tokens once for a code', async () => {
    await me.password(PLAIN);
    const code = await me.code();
    expect(await me.exchange({ code })).toMatchObject({ status: 200 });
    expect(await me.exchange({ code })).toMatchObject({ error: 'invalid_grant' });
  });

  it.each<[Fields, number]>([
    [{ code_challenge_method: 'plain' }, 400],
    [{ scope: 'all' }, 400],
    [{ surplus: 'x' }, 400],
    [{ redirect_uri: 'https://example.com/' }, 400],
    [{ client_id: 'windows' }, 400],
    [{ hardware_id: 'Blinkpy' }, 406],
  ])('cannot begin with %j', async (query, status) => {
    expect(await me.begin(query)).toBe(status);
  });
});

it.each<[Fields, number]>([
  [{ 'user-agent': 'curl' }, 406],
  [{ referer: 'https://example.com/' }, 400],
])('a script must say that it is a browser on the page: %j is answered with %i', async (headers, status) => {
  const script = new SignIn('ios');
  await script.begin();
  expect(await script.password(PLAIN, 'right', headers)).toBe(status);
});

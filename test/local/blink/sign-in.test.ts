import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { type Received, send, sendForm } from './send.ts';

const ACCOUNT = { password: 'right', tier: 'e008', accountId: 1, userId: 2 };
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

const OAUTH = 'api.oauth.blink.com';
const BROWSER = {
  'user-agent': 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) Version/26.1 Safari/604.1',
};
const FROM_PAGE = { origin: `https://${OAUTH}`, referer: `https://${OAUTH}/oauth/v2/signin` };
const HARDWARE_ID = '6f1b0d0e-0000-4000-8000-000000000001';
const VERIFIER = 'v'.repeat(43);
const REDIRECT_URI = 'immedia-blink://applinks.blink.com/signin/callback';

let blink: BlinkStandIn;

beforeEach(async () => {
  blink = await startBlink({ accounts: [PLAIN, BY_412, BY_202] });
});
afterEach(() => blink.close());

/** An app in the middle of a sign-in: its cookie and the page's token. */
class App {
  cookie = '';
  csrf = '';

  async begin(query: Record<string, string> = {}): Promise<Received> {
    const parameters = new URLSearchParams({
      app_brand: 'blink',
      app_version: '50.1',
      client_id: 'ios',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      device_brand: 'Apple',
      device_model: 'iPhone16,1',
      device_os_version: '26.1',
      hardware_id: HARDWARE_ID,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'client',
      ...query,
    });
    const begun = await this.get(`/oauth/v2/authorize?${parameters}`);
    const page = await this.get('/oauth/v2/signin');
    [, this.csrf = ''] = /{"csrf-token":"([^"]+)"}/.exec(page.body) ?? [];
    return begun;
  }

  password(username: string, password = 'right', headers: Record<string, string> = FROM_PAGE) {
    return this.post('/oauth/v2/signin', { username, password, 'csrf-token': this.csrf }, headers);
  }

  verify(code: string): Promise<Received> {
    const form = { '2fa_code': code, 'csrf-token': this.csrf, remember_me: 'false' };
    return this.post('/oauth/v2/2fa/verify', form);
  }

  resend(): Promise<Received> {
    return this.post('/oauth/v2/2fa/resend', { 'csrf-token': this.csrf });
  }

  async code(): Promise<string> {
    const answer = await this.get('/oauth/v2/authorize');
    return new URL(answer.headers.location ?? '', 'x:/').searchParams.get('code') ?? '';
  }

  exchange(code: string, more: Record<string, string> = {}): Promise<Received> {
    return this.post(
      '/oauth/token',
      {
        app_brand: 'blink',
        client_id: 'ios',
        code,
        code_verifier: VERIFIER,
        grant_type: 'authorization_code',
        hardware_id: HARDWARE_ID,
        redirect_uri: REDIRECT_URI,
        scope: 'client',
        ...more,
      },
      { 'user-agent': 'Blink' },
    );
  }

  async get(path: string): Promise<Received> {
    return this.#kept(await send(blink, `GET ${OAUTH}${path}`, { ...BROWSER, cookie: this.cookie }));
  }

  async post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
    const sent = { ...BROWSER, cookie: this.cookie, ...headers };
    return this.#kept(await sendForm(blink, `POST ${OAUTH}${path}`, form, sent));
  }

  #kept(received: Received): Received {
    const [cookie] = received.headers['set-cookie'] ?? [];
    if (cookie !== undefined) this.cookie = cookie.replace(/;.*/, '');
    return received;
  }
}

async function begun(): Promise<App> {
  const app = new App();
  await app.begin();
  return app;
}

describe('from a password to tokens', () => {
  it('needs no second factor if the account has none', async () => {
    const app = new App();
    expect((await app.begin()).headers.location).toBe('/oauth/v2/signin');
    expect((await app.password(PLAIN.email)).status).toBe(302);
    const answer = await app.exchange(await app.code());
    expect(answer.status).toBe(200);
    const { refresh_token } = JSON.parse(answer.body);
    const [{ id: clientId } = { id: 0 }] = blink.accounts.clientsOf(1);
    expect(blink.tokens.newest(clientId)).toBe(refresh_token);
    expect(blink.calls.map(({ action }) => action)).toEqual([
      'authorize',
      'sign-in-page',
      'sign-in',
      'authorize',
      'exchange',
    ]);
  });

  it.each([BY_412, BY_202])('asks for a second factor by $secondFactor.askedBy', async (account) => {
    const app = await begun();
    const asked = await app.password(account.email);
    expect(asked.status).toBe(account.secondFactor.askedBy);
    expect(JSON.parse(asked.body)).toMatchObject({ tsv_state: 'sms', next_time_in_secs: 60 });
    expect(await app.code()).toBe('');
    expect((await app.verify('000000')).status).toBe(400);
    const verified = await app.verify('123456');
    expect([verified.status, verified.body]).toEqual([201, '{"status":"auth-completed"}']);
    expect((await app.exchange(await app.code())).status).toBe(200);
  });

  it('keeps one client for one installation, also after more sign-ins', async () => {
    for (let n = 0; n < 2; n++) {
      const app = await begun();
      await app.password(PLAIN.email);
      await app.exchange(await app.code());
    }
    expect(blink.accounts.clientsOf(1)).toHaveLength(1);
  });
});

describe('the code', () => {
  it.each([
    { code_verifier: 'w'.repeat(43) },
    { hardware_id: 'another' },
    { redirect_uri: 'https://example.com/' },
  ])('is worth nothing with %o', async (fields) => {
    const app = await begun();
    await app.password(PLAIN.email);
    const answer = await app.exchange(await app.code(), fields as Record<string, string>);
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([400, 'invalid_grant']);
  });
});

describe('what is refused', () => {
  it('is every page without the cookie, and with the one of before the password', async () => {
    const app = await begun();
    const before = app.cookie;
    await app.password(BY_412.email);
    for (const cookie of ['', before]) {
      app.cookie = cookie;
      const answers = [
        await app.get('/oauth/v2/authorize'),
        await app.get('/oauth/v2/signin'),
        await app.password(BY_412.email),
        await app.verify('123456'),
        await app.resend(),
      ];
      for (const { status, body } of answers) {
        expect([status, body]).toEqual([400, '{"error":"bad_request","error_cause":"empty_cookies"}']);
      }
    }
  });

  it('is a form without the page’s token, or from elsewhere', async () => {
    const app = await begun();
    expect((await app.password(PLAIN.email, 'right', {})).status).toBe(400);
    app.csrf = 'made up';
    expect((await app.password(PLAIN.email)).status).toBe(400);
  });

  it.each([
    [{ code_challenge_method: 'plain' }, 400],
    [{ scope: 'all' }, 400],
    [{ surplus: 'x' }, 400],
    [{ hardware_id: 'Blinkpy' }, 406],
  ])('is a beginning with %o', async (query, status) => {
    expect((await new App().begin(query as Record<string, string>)).status).toBe(status);
  });

  it('is every client that is not a browser', async () => {
    const { cookie } = await begun();
    const path = `GET ${OAUTH}/oauth/v2/signin`;
    expect((await send(blink, path, { 'user-agent': 'curl', cookie })).status).toBe(406);
  });

  it('is a wrong password, and after five of them the right one too, for ten minutes', async () => {
    const app = await begun();
    for (let n = 0; n < 5; n++) expect((await app.password(PLAIN.email, 'wrong')).status).toBe(401);
    expect((await app.password(PLAIN.email)).status).toBe(406);
    blink.clock.advanceMs(600_000);
    expect((await app.password(PLAIN.email)).status).toBe(302);
  });

  it('is another code within a minute', async () => {
    const app = await begun();
    await app.password(BY_412.email);
    const early = await app.resend();
    expect([early.status, JSON.parse(early.body).next_time_in_secs]).toEqual([429, expect.any(Number)]);
    blink.clock.advanceMs(60_000);
    expect((await app.resend()).status).toBe(200);
  });
});

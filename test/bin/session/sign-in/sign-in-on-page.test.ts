import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { json, text } from '../../../../local/blink/answers.ts';
import { Browser } from '../../../local/blink/browser.ts';
import { CTRL_C, ENTER, type Person, sitDown } from '../person.ts';
import {
  ACCOUNTS,
  CODE,
  EMAIL,
  PAGE,
  PASSWORD,
  type SessionUnderTest,
  startSessionUnderTest,
} from '../session-under-test.ts';

const { accountId } = ACCOUNTS.byCode;

let session: SessionUnderTest;
let page: URL;
let code: string;

beforeEach(async () => {
  session = await startSessionUnderTest();
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
});

/** Signs in as a person does in a browser, and gives the address at the end, which is then changed. */
function signsIn(change: (address: string) => string = (address) => address) {
  return async (opened: URL) => {
    page = opened;
    const browser = new Browser();
    await browser.open(page.href);
    await browser.submit('Sign in', { 'E-mail address': EMAIL, Password: PASSWORD });
    await browser.submit('Continue', { Code: CODE });
    code = new URL(browser.address).searchParams.get('code') ?? '';
    return change(browser.address);
  };
}

function exchanges() {
  return session.blink.calls.filter(({ action }) => action === 'exchange');
}

describe('a sign-in on Blink’s page', () => {
  it('asks for what Blink’s app asks for, under a name that does not frighten', async () => {
    await session.runOnPage('sign-in', signsIn());
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

  it('exchanges the code with exactly five fields, and without cookie or browser', async () => {
    await session.runOnPage('sign-in', signsIn());
    const [{ form, headers } = { form: {}, headers: {} }, ...others] = exchanges();
    expect(form).toEqual({
      grant_type: 'authorization_code',
      redirect_uri: 'https://applinks.blink.com/signin/callback',
      code,
      code_verifier: expect.any(String),
      client_id: 'android',
    });
    expect(headers).not.toHaveProperty('cookie');
    expect(headers).toMatchObject({ 'user-agent': 'Blink' });
    expect(others).toEqual([]);
  });

  it('stores the session with its ids and hardware id, shows it, and it can be logged out', async () => {
    const { exitCode, stdout, stderr } = await session.runOnPage('sign-in garden', signsIn());
    expect(exitCode).toBe(0);
    const [{ id: clientId, name } = { id: 0, name: '' }] = session.blink.accounts.clientsOf(accountId);
    expect(name).toBe('blink-logout');
    expect(JSON.parse(session.stored('garden').text)).toEqual({
      refreshToken: session.blink.tokens.newest(clientId),
      oauthClientId: 'android',
      hardwareId: page.searchParams.get('hardware_id'),
      accountId,
      clientId: String(clientId),
      tier: 'e008',
      region: 'e008',
    });
    expect(stderr).toContain('“Unsupported Browser”');
    expect(stdout).toContain(`client         ${clientId}\n`);
    expect(stdout).toContain('In Blink’s app, this client appears as “blink-logout”.');
    expect(session.blink.calls.map(({ action }) => action).slice(-3)).toEqual([
      'exchange',
      'tier-info',
      'homescreen',
    ]);
    expect(await session.run('logout garden')).toMatchObject({ exitCode: 0 });
  });

  it('uses the hardware id of the stored session, and another state and challenge each time', async () => {
    await session.runOnPage('sign-in', signsIn());
    const first = page.searchParams;
    await session.runOnPage('sign-in', signsIn());
    expect(page.searchParams.get('hardware_id')).toBe(first.get('hardware_id'));
    for (const name of ['state', 'code_challenge']) {
      expect(page.searchParams.get(name)).not.toBe(first.get(name));
    }
  });

  it('prints with --json one document, and only the address to open on stderr', async () => {
    const { stdout, stderr } = await session.runOnPage('sign-in --json', signsIn());
    expect(JSON.parse(stdout)).toMatchObject({ session: 'default', created: true, accountId });
    expect(stderr.replace(PAGE, '')).toBe('\n');
  });

  it('shows no part of the pasted address, with --verbose neither', async () => {
    for (const change of [undefined, (address: string) => `${address}#`]) {
      const { stdout, stderr } = await session.runOnPage('sign-in --verbose', signsIn(change));
      const shown = stdout + stderr.replace(PAGE, '');
      expect(shown).not.toContain(code);
      expect(shown).not.toContain(page.searchParams.get('state'));
      expect(shown).not.toContain(exchanges()[0]?.form['code_verifier']);
    }
  });
});

describe('a sign-in on Blink’s page that fails stores nothing and says what to do', () => {
  it.each([
    ['the code alone is piped in', () => code, 'input_invalid', /--password/],
    ['the state is another’s', (address: string) => `${address}x`, 'state_mismatch', /Nothing was sent/],
    [
      'Blink ends it',
      (address: string) => address.replace(/code=[^&]+/, 'error=access_denied'),
      'sign_in_refused',
      /again/,
    ],
    ['nothing is piped in', () => '', 'input_missing', /address/],
  ])('%s', async (_what, change, errorCode, words) => {
    const { exitCode, stdout } = await session.runOnPage('sign-in --json', signsIn(change));
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, errorCode]);
    expect(stdout).toMatch(words);
    expect(exchanges()).toEqual([]);
    expect(session.secretsManager.secrets.all().map(({ name }) => name)).not.toContain(
      'blink-logout/default',
    );
  });

  it.each([
    ['invalid_grant', json(400, { error: 'invalid_grant' }), 'code_refused', /another machine or network/],
    ['a block', text(406, 'Not Acceptable'), 'blocked_by_blink', /Wait 60 minutes/],
    ['too many requests', json(429, {}), 'blocked_by_blink', /Wait 60 minutes/],
  ])('%s names the way with the password', async (_what, answer, errorCode, words) => {
    session.blink.faults.before('exchange', { do: 'answer', answer });
    const { stdout } = await session.runOnPage('sign-in garden --json', signsIn());
    expect(JSON.parse(stdout).error.code).toBe(errorCode);
    expect(stdout).toMatch(words);
    expect(stdout).toContain('Or sign in with the password: bin/blink-logout sign-in garden --password');
    expect(exchanges()).toHaveLength(1);
  });

  it.each([
    ['another refusal', json(400, { error: 'invalid_request' }), 'blink_rejected'],
    ['a failing server', text(500, 'canary'), 'blink_unavailable'],
    ['no tokens', json(200, { access_token: 'x' }), 'blink_rejected'],
  ])('%s', async (_what, answer, errorCode) => {
    session.blink.faults.before('exchange', { do: 'answer', answer });
    const { stdout } = await session.runOnPage('sign-in --json', signsIn());
    expect(JSON.parse(stdout).error.code).toBe(errorCode);
    expect(stdout).not.toContain('canary');
  });

  it('an address that comes after more than 15 minutes is not sent', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { stdout } = await session.runOnPage(
      'sign-in --json',
      signsIn((address) => {
        vi.setSystemTime(Date.now() + 15 * 60_000 + 1);
        return address;
      }),
    );
    expect(JSON.parse(stdout).error.code).toBe('sign_in_expired');
    expect(exchanges()).toEqual([]);
  });

  it('with the password, a block names Blink’s page', async () => {
    session.blink.faults.before('sign-in', { do: 'answer', answer: text(406, 'Not Acceptable') });
    const { stderr } = await session.run('sign-in garden --password', [ACCOUNTS.plain.email, 'x']);
    expect(stderr).toContain('Or sign in on Blink’s page: bin/blink-logout sign-in garden --local');
  });
});

describe('a person at a terminal', () => {
  async function personSignsIn(...options: readonly string[]) {
    const words = ['bin/session.ts', 'sign-in', '--local', '--port', String(session.port), ...options];
    const person = sitDown(process.execPath, words);
    await person.sees('&state=');
    await person.sees('Address (hidden):');
    const [shown = ''] = PAGE.exec(stripVTControlCharacters(person.shown()).replaceAll('\r', '')) ?? [];
    return { person, address: await signsIn()(new URL(shown)) };
  }

  function expectHidden(person: Person, address: string): void {
    const shown = stripVTControlCharacters(person.shown()).replaceAll(/\s/g, '');
    expect(shown).not.toContain(code);
    expect(shown).not.toContain('wrong-paste');
    expect(shown.split(new URL(address).searchParams.get('state') ?? '')).toHaveLength(2);
  }

  it('has the page opened, and may paste again after a wrong paste; nothing pasted is shown', async () => {
    const folder = await session.folderWith({ browser: '#!/bin/sh\necho "$1" > "$0.opened"\n' });
    const browser = join(folder, 'browser');
    await chmod(browser, 0o755);
    vi.stubEnv('BROWSER', browser);
    vi.stubEnv('SSH_CONNECTION', undefined);
    const { person, address } = await personSignsIn();
    await vi.waitFor(async () =>
      expect((await readFile(`${browser}.opened`, 'utf8')).trim()).toBe(page.href),
    );

    person.types(`wrong-paste${ENTER}second line of it${ENTER}`);
    await person.sees('Expected an address that starts with');
    await person.sees('Address (hidden):');
    person.types(`\x1b[200~${`${address}&x=`.padEnd(2_000, 'x')}\x1b[201~${ENTER}`);
    await person.sees('Signed in.');
    expect(await person.exitCode()).toBe(0);
    expectHidden(person, address);
    expect(exchanges()).toHaveLength(1);
  });

  it.each([
    ['--no-open', undefined, 'Open this address in a browser'],
    ['--verbose', '192.0.2.1 1 192.0.2.2 22', 'This is a remote shell.'],
  ])('gets no browser with %s, SSH_CONNECTION=%s', async (option, ssh, words) => {
    vi.stubEnv('BROWSER', '/nowhere');
    vi.stubEnv('SSH_CONNECTION', ssh);
    const { person, address } = await personSignsIn(option);
    expect(person.shown().replaceAll(/\s+/g, ' ')).toContain(words);
    expect(person.shown()).not.toContain('If your browser does not open');
    person.types(address + ENTER);
    await person.sees('Signed in.');
    expect(await person.exitCode()).toBe(0);
    expectHidden(person, address);
  });

  it('ends it with Ctrl-C before anything is sent', async () => {
    const { person } = await personSignsIn('--no-open');
    person.types(CTRL_C);
    await person.sees('Interrupted. Nothing was changed.');
    expect(await person.exitCode()).toBe(130);
    expect(exchanges()).toEqual([]);
  });
});

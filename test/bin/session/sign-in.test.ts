import { describe, expect, it } from 'vitest';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import { text } from '../../../local/blink/answers.ts';
import type { Effect } from '../../../local/faults.ts';
import type { Answer } from '../../../local/loopback-server.ts';
import { deny, refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import {
  ACCOUNTS,
  CODE,
  EMAIL,
  KEY_SECRET,
  PASSWORD,
  type Ran,
  SIGN_IN_LINES,
  session,
  sessionForEachTest,
} from './session-under-test.ts';

const { accountId } = ACCOUNTS.byCode;
const ALREADY_STORED = '{"refresh_token":"eyJcanary-refresh","device_id":"mine"}';
const HARDWARE_ID = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;

sessionForEachTest();

const WAYS = {
  'on Blink’s page': (options: string): Promise<Ran> => session.runOnPage(`sign-in ${options}`),
  'with the password': (options: string) => session.run(`sign-in ${options} --password`, SIGN_IN_LINES),
};
const EACH_WAY = ['on Blink’s page', 'with the password'] as const;

function answering(answer: Answer): Effect {
  return { do: 'answer', answer };
}

function secretNames(): readonly string[] {
  return session.secretsManager.secrets.all().map(({ name }) => name);
}

describe('a sign-in', () => {
  it.each([
    ['on Blink’s page', 'android', 'blink-logout'],
    ['with the password', 'ios', 'iPhone16,1'],
  ] as const)('%s stores all that a logout needs, and nothing else', async (way, oauthClientId, name) => {
    const { exitCode, stdout } = await WAYS[way]('garden');
    expect(exitCode).toBe(0);
    const [client = { id: 0, name: '' }, ...others] = session.blink.accounts.clientsOf(accountId);
    expect([client.name, others]).toEqual([name, []]);
    expect(JSON.parse(session.stored('garden').text)).toEqual({
      refreshToken: session.blink.tokens.newest(client.id),
      oauthClientId,
      hardwareId: expect.stringMatching(HARDWARE_ID),
      accountId,
      clientId: String(client.id),
      tier: 'e008',
      region: 'e008',
    });
    expect(stdout).toContain('Stored as blink-logout/garden.');
    expect(stdout).toContain(`client         ${client.id}\n`);
    expect(stdout).toContain(`In Blink’s app, this client appears as “${name}”.`);
    expect(await session.run('logout garden')).toMatchObject({ exitCode: 0 });
    expect(session.blink.logouts).toHaveLength(1);
  });

  it.each(EACH_WAY)('%s prints one document with --json, and is the same client each time', async (way) => {
    for (const created of [true, false]) {
      const { stdout, stderr } = await WAYS[way]('--json');
      expect(JSON.parse(stdout)).toMatchObject({ session: 'default', created, accountId });
      expect(stderr.replace(/^http\S+\n$/, '')).toBe('');
    }
    expect(session.blink.accounts.clientsOf(accountId)).toHaveLength(1);
  });

  it.each([
    [
      'a code in groups, and spaces around the address',
      [` ${EMAIL} `, PASSWORD, ` ${CODE.slice(0, 3)} ${CODE.slice(3)} `],
    ],
    ['no code, where Blink asks for none', [ACCOUNTS.plain.email, PASSWORD]],
  ])('takes %s', async (_what, lines) => {
    expect(await session.run('sign-in --password', lines)).toMatchObject({ exitCode: 0 });
  });

  it.each(['tier-info', 'homescreen'])(
    'is stored although %s tells nothing: a logout looks it up',
    async (on) => {
      session.blink.faults.after(on, answering(text(404, '')));
      const ran = await session.run('sign-in --password', SIGN_IN_LINES);
      expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/client +missing/) });
      session.blink.faults.clear();
      expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
    },
  );
});

describe('a sign-in over a session', () => {
  it('keeps its form and the fields it does not know, and drops secrets', async () => {
    const text = `BLINK_TOKENS='username=x%40example.com|password=canary-stored|device_id=mine|token=eyJcanary|refresh_token=eyJcanary|host=a001.immedia-semi.com|client_id=1|account_id=2|2fa_code=123'`;
    session.store(text);
    const { stdout } = await session.run('sign-in --password --json', SIGN_IN_LINES);
    expect(JSON.parse(stdout)).toMatchObject({ created: false, accountId, tier: 'e008' });
    const now = session.stored().text;
    expect(parseStoredSession(now).form).toBe(parseStoredSession(text).form);
    expect(now).toMatch(/device_id\W+mine/);
    expect(now).not.toMatch(/canary|2fa_code|"token"|accessToken|password/);
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });

  it('stores the account of the person who signs in', async () => {
    await session.run('sign-in --password', SIGN_IN_LINES);
    session.blink.faults.after('tier-info', answering(text(404, '')));
    await session.run('sign-in --password', [ACCOUNTS.plain.email, PASSWORD]);
    const { accountId, clientId, tier } = parseStoredSession(session.stored().text);
    expect({ accountId, clientId, tier }).toEqual({});
  });

  it('clears the old token’s state: logged out, and refused', async () => {
    await session.run('sign-in --password', SIGN_IN_LINES);
    await session.run('logout');
    expect(session.stored().labels).toContain('BLINK_LOGGED_OUT');
    await session.run('sign-in --password', SIGN_IN_LINES);
    expect(session.stored().labels).toEqual(['AWSCURRENT']);
    session.blink.tokens.revoke(accountId, 7_000_001);
    expect(await session.run('logout')).toMatchObject({ exitCode: 1 });
    expect(await session.run('check')).toMatchObject({ stdout: expect.stringContaining('refuses') });
    await session.run('sign-in --password', SIGN_IN_LINES);
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });

  it('wins against a logout that is between its refresh and its save', async () => {
    await session.run('sign-in --password', SIGN_IN_LINES);
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action === 'refresh' && moment === 'after') await session.run('sign-in --password', SIGN_IN_LINES);
      return undefined;
    };
    const ran = await session.run('logout');
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('A newer sign-in was stored') });
    expect(ran.stderr).not.toContain('Nothing was spent');
    expect(session.blink.logouts).toEqual([]);
    session.blink.faults.clear();
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });

  it('replaces what is no session at all', async () => {
    session.store('canary garbage');
    const ran = await session.run('sign-in --password', SIGN_IN_LINES);
    expect(ran).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('no usable session') });
    expect(session.stored().text).not.toContain('canary');
  });
});

/** What Blink answers, and what a person then reads. */
describe('a sign-in that Blink does not accept says what to do, and sends nothing twice', () => {
  const WAIT = /Try again later/;
  const WRONG = /Five wrong passwords lock the account for ten minutes/;
  const BY_PAGE = /Try again later.*Or sign in on Blink’s page: bin\/blink-logout sign-in garden --local/;
  const LOCKED =
    /Wait 60 minutes.*Five wrong passwords lock .* ten minutes, on the page too.*Or sign in on Blink’s page: bin\/blink-logout sign-in garden --local/;

  const OTHER_NETWORK =
    /another machine or network.*Or sign in with the password: \S+ sign-in garden --password/;
  const BY_PASSWORD = /Try again later.*Or sign in with the password: \S+ sign-in garden --password --local/;
  const BLOCKED = /Wait 60 minutes.*Or sign in with the password: \S+ sign-in garden --password --local/;

  it.each([
    ['with the password', 'authorize', 404, '', 'blink_rejected', BY_PAGE],
    ['with the password', 'authorize', 406, 'Not Acceptable', 'blocked_by_blink', LOCKED],
    ['with the password', 'sign-in-page', 200, '<p>canary</p>', 'blink_rejected', BY_PAGE],
    ['with the password', 'sign-in', 202, '{}', 'blink_rejected', BY_PAGE],
    ['with the password', 'sign-in', 400, '{"error":"bad_request"}', 'blink_rejected', BY_PAGE],
    ['with the password', 'sign-in', 400, '{"error":"x"}', 'wrong_password', WRONG],
    ['with the password', 'sign-in', 401, '', 'wrong_password', WRONG],
    ['with the password', 'sign-in', 406, 'Not Acceptable', 'blocked_by_blink', LOCKED],
    ['with the password', 'sign-in', 426, '', 'blink_rejected', /Update blink-logout/],
    ['with the password', 'sign-in', 503, EMAIL, 'blink_unavailable', WAIT],
    ['with the password', 'sign-in', 403, '', 'wrong_password', WRONG],
    ['with the password', 'sign-in', 422, '', 'wrong_password', WRONG],
    ['with the password', 'verify', 412, '', 'code_refused', /newest code/],
    ['with the password', 'verify', 429, '', 'blocked_by_blink', LOCKED],
    ['with the password', 'verify', 500, CODE, 'blink_unavailable', WAIT],
    ['with the password', 'exchange', 400, '{"error":"invalid_grant"}', 'blink_rejected', BY_PAGE],
    ['on Blink’s page', 'exchange', 400, '{"error":"invalid_grant"}', 'code_refused', OTHER_NETWORK],
    ['on Blink’s page', 'exchange', 401, '{"error":"invalid_grant"}', 'code_refused', OTHER_NETWORK],
    ['on Blink’s page', 'exchange', 400, '{"error":"invalid_request"}', 'blink_rejected', BY_PASSWORD],
    ['on Blink’s page', 'exchange', 406, 'Not Acceptable', 'blocked_by_blink', BLOCKED],
    ['on Blink’s page', 'exchange', 500, 'canary', 'blink_unavailable', WAIT],
    ['on Blink’s page', 'exchange', 200, '{"access_token":"canary"}', 'blink_rejected', BY_PASSWORD],
  ] as const)('%s: %s answers %i %s', async (way, on, status, body, code, advice) => {
    session.store(ALREADY_STORED, 'garden');
    session.blink.faults.after(on, answering({ status, headers: {}, body }));
    const { exitCode, stdout } = await WAYS[way]('garden --json');
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, code]);
    expect(stdout).toMatch(advice);
    expect(stdout).not.toContain('canary');
    // The first page redirects to the sign-in page.
    const times = on === 'sign-in-page' ? 2 : 1;
    expect(session.blink.calls.filter(({ action }) => action === on)).toHaveLength(times);
    expect(session.stored('garden').text).toBe(ALREADY_STORED);
  });

  it.each([
    ['sign-in', { do: 'destroy' }, 'blink_unavailable'],
    ['exchange', { do: 'cut-off' }, 'blink_unavailable'],
  ] as const)('%s gives no answer: %j', async (on, effect, code) => {
    session.blink.faults.after(on, effect);
    const { stdout } = await session.run('sign-in --password --json', SIGN_IN_LINES);
    expect(JSON.parse(stdout).error.code).toBe(code);
    expect(session.blink.calls.filter(({ action }) => action === on)).toHaveLength(1);
  });

  it('five wrong passwords are answered with a block', async () => {
    const codes: string[] = [];
    for (let n = 0; n < 6; n++) {
      const { stdout } = await session.run('sign-in --password --json', [EMAIL, 'wrong']);
      codes.push(JSON.parse(stdout).error.code);
    }
    expect(codes).toEqual([...Array(5).fill('wrong_password'), 'blocked_by_blink']);
  });

  it('without an answer from the local run, it says how to start it', async () => {
    await session.blink.close();
    const ran = await session.run('sign-in --password', SIGN_IN_LINES);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('npm start -- --serve') });
  });
});

describe('a script that pipes in something else is told what is expected', () => {
  it.each([
    ['sign-in --password', [EMAIL], 'input_missing', /one line each/],
    ['sign-in --password', [EMAIL, PASSWORD], 'input_missing', /one line each/],
    ['sign-in --password', ['', PASSWORD], 'input_missing', /one line each/],
    ['sign-in --password', ['ada', PASSWORD], 'input_invalid', /one line each/],
    ['sign-in --password', [EMAIL, PASSWORD, 'abc'], 'input_invalid', /one line each/],
    ['sign-in --password', [EMAIL, PASSWORD, '000000'], 'code_refused', /newest code/],
    ['sign-in', [], 'input_missing', /the address at the end of the sign-in/],
    ['sign-in', [EMAIL, PASSWORD], 'input_invalid', /use --password/],
    ['sign-in', [`http://127.0.0.1/signin/callback?code=x&state=y`], 'input_invalid', /use --password/],
  ])('%s, %j', async (command, lines, code, advice) => {
    const { exitCode, stdout } = await session.run(`${command} --json`, lines);
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, code]);
    expect(stdout).toMatch(advice);
    expect(secretNames()).toEqual([KEY_SECRET]);
  });

  it.each([
    [(end: string) => `${end}x`, 'state_mismatch', /Nothing was sent/],
    [(end: string) => `${end}#`, 'input_invalid', /must not contain #/],
    [(end: string) => end.replace(/code=[^&]+/, 'error=access_denied'), 'sign_in_refused', /access_denied/],
  ])('the address at the end, changed by %s', async (change, code, words) => {
    const { exitCode, stdout, stderr, page, end } = await session.runOnPage(
      'sign-in --json --verbose',
      change,
    );
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, code]);
    expect(stdout).toMatch(words);
    expect(session.blink.calls.filter(({ action }) => action === 'exchange')).toEqual([]);
    expect(secretNames()).toEqual([KEY_SECRET]);
    expect(stdout + stderr.replace(page.href, '')).not.toContain(end.searchParams.get('code'));
    expect(stdout + stderr.replace(page.href, '')).not.toContain(end.searchParams.get('state'));
  });
});

describe('before Blink is asked, a sign-in makes sure that the session can be stored', () => {
  it.each([
    ['CreateSecret', undefined],
    ['PutSecretValue', ALREADY_STORED],
  ])('%s is denied: the policy statement', async (action, text) => {
    if (text !== undefined) session.store(text);
    session.secretsManager.faults.before(action, deny(`secretsmanager:${action}`, 'blink-logout/default'));
    const { exitCode, stderr } = await session.run('sign-in --password', SIGN_IN_LINES);
    expect([exitCode, session.blink.calls]).toEqual([1, []]);
    expect(stderr).toContain(
      `{"Effect":"Allow","Action":"secretsmanager:${action}","Resource":"arn:aws:secretsmanager:us-east-1:*:secret:blink-logout/default-??????"}`,
    );
  });

  it('a secret that is about to be deleted is to be restored', async () => {
    session.store(ALREADY_STORED);
    session.secretsManager.secrets.delete('blink-logout/default');
    const { exitCode, stderr } = await session.run('sign-in --password', SIGN_IN_LINES);
    expect([exitCode, session.blink.calls]).toEqual([1, []]);
    expect(stderr).toContain('aws secretsmanager restore-secret --secret-id blink-logout/default');
    expect(stderr).toContain(
      'delete-secret --force-delete-without-recovery --secret-id blink-logout/default',
    );
  });

  it('a secret without a value needs no right to create secrets', async () => {
    session.secretsManager.secrets.create('blink-logout/default', undefined);
    session.secretsManager.faults.before('CreateSecret', refuse('AccessDeniedException'), {
      where: ({ versionId }) => versionId !== undefined,
      times: 1,
    });
    expect(await session.run('sign-in --password', SIGN_IN_LINES)).toMatchObject({ exitCode: 0 });
  });

  it('a key of AWS KMS that this user may not use does not stop it: the function’s key may be another', async () => {
    const denied = refuse('AccessDeniedException', 'Access to KMS is not allowed');
    session.secretsManager.faults.before('CreateSecret', denied, { times: 1 });
    expect(await session.run('sign-in --password', SIGN_IN_LINES)).toMatchObject({ exitCode: 0 });
  });
});

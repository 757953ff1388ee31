import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import { deny, refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import {
  ACCOUNTS,
  CODE,
  EMAIL,
  KEY_SECRET,
  PASSWORD,
  type SessionUnderTest,
  SIGN_IN_LINES,
  startSessionUnderTest,
} from './session-under-test.ts';

let session: SessionUnderTest;

beforeEach(async () => {
  session = await startSessionUnderTest();
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
});

const BY_HAND = {
  BLINK_TOKENS: `BLINK_TOKENS='username=x%40example.com|password=canary-stored|device_id=Blinkpy|token=eyJcanary-access|refresh_token=eyJcanary-refresh|host=a001.immedia-semi.com|client_id=1|account_id=2|2fa_code=123'`,
  'JSON of blinkpy': JSON.stringify({
    username: 'x@example.com',
    password: 'canary-stored',
    device_id: 'Home Assistant',
    token: 'eyJcanary-access',
    refresh_token: 'eyJcanary-refresh',
    host: 'rest-a001.immedia-semi.com',
    client_id: '1',
    account_id: 2,
  }),
  'JSON of a Homebridge plugin': JSON.stringify(
    {
      accessToken: 'eyJcanary-access',
      refreshToken: 'eyJcanary-refresh',
      region: 'a001',
      clientId: 1,
      device_id: 'mine',
    },
    undefined,
    2,
  ),
};

describe('a first sign-in', () => {
  it('stores all that a logout needs, and nothing else', async () => {
    const ran = await session.run('sign-in --password', SIGN_IN_LINES);
    expect(ran).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Stored as blink-logout/default'),
    });
    const { text } = session.stored();
    const [{ id: clientId } = { id: 0 }] = session.blink.accounts.clientsOf(100_001);
    expect(JSON.parse(text)).toEqual({
      refreshToken: session.blink.tokens.newest(clientId),
      oauthClientId: 'ios',
      hardwareId: expect.stringMatching(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/),
      accountId: 100_001,
      clientId: String(clientId),
      tier: 'e008',
      region: 'e008',
    });
    expect(parseStoredSession(text).oauthClients[0]).toBe('ios');
  });

  it('accepts an e-mail address with spaces around it, and a code in groups', async () => {
    const lines = [` ${EMAIL} `, PASSWORD, ` ${CODE.slice(0, 3)} ${CODE.slice(3)} `];
    expect(await session.run('sign-in --password', lines)).toMatchObject({ exitCode: 0 });
  });

  it('needs no code where Blink asks for none', async () => {
    const ran = await session.run('sign-in garden --password --json', [ACCOUNTS.plain.email, PASSWORD]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ session: 'garden', created: true, accountId: 100_002 });
    expect(ran.stderr).toBe('');
  });

  it('can be logged out at once', async () => {
    await session.run('sign-in --password', SIGN_IN_LINES);
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
    expect(session.blink.logouts).toHaveLength(1);
    expect(session.blink.tokens.doubleSpends).toBe(0);
  });

  it.each(['tier-info', 'homescreen'])(
    'is stored although %s tells nothing: a logout looks it up',
    async (on) => {
      session.blink.faults.after(on, { do: 'answer', answer: { status: 404, headers: {}, body: '' } });
      const ran = await session.run('sign-in --password', SIGN_IN_LINES);
      expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/client +missing/) });
      session.blink.faults.clear();
      expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
    },
  );
});

describe('a sign-in over a session', () => {
  it.each(Object.entries(BY_HAND))(
    'keeps the form of %s and the fields it does not know',
    async (form, text) => {
      session.store(text);
      const ran = await session.run('sign-in --password --json', SIGN_IN_LINES);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        created: false,
        form,
        accountId: 100_001,
        tier: 'e008',
      });
      const now = session.stored().text;
      expect(now).toMatch(/device_id/);
      expect(now).not.toContain('canary');
      expect(now).not.toMatch(/2fa_code|"token"|accessToken|password/);
      expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
    },
  );

  it('is the same client to Blink each time', async () => {
    for (let n = 0; n < 2; n++) await session.run('sign-in --password', SIGN_IN_LINES);
    expect(session.blink.accounts.clientsOf(100_001)).toHaveLength(1);
  });

  it('stores the account of the person who signs in', async () => {
    await session.run('sign-in --password', SIGN_IN_LINES);
    session.blink.faults.after('tier-info', { do: 'answer', answer: { status: 404, headers: {}, body: '' } });
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
    session.blink.tokens.revoke(100_001, 7_000_001);
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

describe('a failure is reported with what to do, and changes nothing', () => {
  it.each([
    ['a wrong password', [EMAIL, 'wrong'], 'wrong_password', /Five wrong passwords lock/],
    ['a wrong code', [EMAIL, PASSWORD, '000000'], 'code_refused', /newest/],
    ['too little input', [EMAIL], 'input_missing', /one line each/],
    ['no code', [EMAIL, PASSWORD], 'input_missing', /one line each/],
    ['an empty line', ['', PASSWORD], 'input_missing', /one line each/],
    ['a name in place of an address', ['ada', PASSWORD], 'input_invalid', /one line each/],
    ['a word in place of a code', [EMAIL, PASSWORD, 'abc'], 'input_invalid', /one line each/],
  ])('%s', async (_what, lines, code, advice) => {
    session.store(BY_HAND['JSON of blinkpy']);
    const { exitCode, stdout } = await session.run('sign-in --password --json', lines);
    expect(exitCode).toBe(1);
    const { error } = JSON.parse(stdout);
    expect(error.code).toBe(code);
    expect(error.advice.join(' ')).toMatch(advice);
    expect(session.stored().text).toBe(BY_HAND['JSON of blinkpy']);
    expect(session.secretsManager.calls.map(({ action }) => action)).toEqual([
      'GetSecretValue',
      'PutSecretValue',
    ]);
    expect(session.secretsManager.secrets.find('blink-logout/default').versions()).toHaveLength(1);
  });

  it.each(['sign-in', 'verify', 'exchange', 'authorize'])('a lock-out at %s: wait 60 minutes', async (on) => {
    for (const status of [406, 429]) {
      session.blink.faults.clear();
      session.blink.faults.before(on, { do: 'answer', answer: { status, headers: {}, body: '' } });
      const { exitCode, stderr } = await session.run('sign-in --password', SIGN_IN_LINES);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`status ${status}`);
      expect(stderr).toMatch(/Wait 60 minutes/);
    }
  });

  it('Blink out of reach', async () => {
    await session.blink.close();
    const ran = await session.run('sign-in --password', SIGN_IN_LINES);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('npm start -- --serve') });
  });

  it('a Blink that has trouble', async () => {
    session.blink.faults.before('sign-in', {
      do: 'answer',
      answer: { status: 503, headers: {}, body: `${EMAIL} ${CODE}` },
    });
    const ran = await session.run('sign-in --password', SIGN_IN_LINES);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Try again later') });
  });

  it('a missing right to create the secret: the policy statement, before Blink is asked', async () => {
    session.secretsManager.faults.before(
      'CreateSecret',
      deny('secretsmanager:CreateSecret', 'blink-logout/default'),
    );
    const { exitCode, stderr } = await session.run('sign-in --password', SIGN_IN_LINES);
    expect(exitCode).toBe(1);
    expect(session.blink.calls).toEqual([]);
    expect(stderr).toContain(
      '{"Effect":"Allow","Action":"secretsmanager:CreateSecret","Resource":"arn:aws:secretsmanager:us-east-1:*:secret:blink-logout/default-??????"}',
    );
  });

  it('a missing right to write the secret: the policy statement, before Blink is asked', async () => {
    session.store(BY_HAND['JSON of blinkpy']);
    session.secretsManager.faults.before(
      'PutSecretValue',
      deny('secretsmanager:PutSecretValue', 'blink-logout/default'),
    );
    const { exitCode, stderr } = await session.run('sign-in --password', SIGN_IN_LINES);
    expect([exitCode, session.blink.calls]).toEqual([1, []]);
    expect(stderr).toContain('"Action":"secretsmanager:PutSecretValue"');
  });

  it('a sign-in without a code: no secret is left behind', async () => {
    expect(await session.run('sign-in --password', [EMAIL, PASSWORD])).toMatchObject({ exitCode: 1 });
    expect(session.secretsManager.secrets.all().map(({ name }) => name)).toEqual([KEY_SECRET]);
  });

  it('a secret without a value needs no right to create secrets', async () => {
    session.secretsManager.secrets.create('blink-logout/default', undefined);
    session.secretsManager.faults.before('CreateSecret', refuse('AccessDeniedException'), {
      where: ({ versionId }) => versionId !== undefined,
      times: 1,
    });
    expect(await session.run('sign-in --password', SIGN_IN_LINES)).toMatchObject({ exitCode: 0 });
  });

  it('a key of AWS KMS that this user may not use does not stop a sign-in: the function’s key may be another', async () => {
    const denied = refuse('AccessDeniedException', 'Access to KMS is not allowed');
    session.secretsManager.faults.before('CreateSecret', denied, { times: 1 });
    expect(await session.run('sign-in --password', SIGN_IN_LINES)).toMatchObject({ exitCode: 0 });
  });

  it('a secret that is about to be deleted', async () => {
    session.store(BY_HAND['JSON of blinkpy']);
    session.secretsManager.secrets.delete('blink-logout/default');
    const { exitCode, stderr } = await session.run('sign-in --password', SIGN_IN_LINES);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('aws secretsmanager restore-secret --secret-id blink-logout/default');
    expect(session.blink.calls).toEqual([]);
  });
});

import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import { CLAIM_LIFE_MS } from '../../../lambda/core/vault/session-state.ts';
import type { Effect, Moment } from '../../../local/faults.ts';
import { refuse, type SecretsManagerCall } from '../../../local/secrets-manager/start-secrets-manager.ts';
import {
  EMAIL,
  PASSWORD,
  type SessionUnderTest,
  SIGN_IN_LINES,
  startSessionUnderTest,
} from './session-under-test.ts';

let session: SessionUnderTest;
let token: string;

beforeEach(async () => {
  session = await startSessionUnderTest();
  token = session.blink.seedSession({ accountId: 100_001, clientId: 77 });
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
});

/** As each client saves it, in full. */
function saved(form: string): string {
  switch (form) {
    case 'BLINK_TOKENS':
      return `BLINK_TOKENS='username=${encodeURIComponent(EMAIL)}|password=${PASSWORD}|token=eyJan-access-token|refresh_token=${token}|host=e008.immedia-semi.com|client_id=77|account_id=100001|oauth_client_id=ios|2fa_code=123'\n`;
    case 'JSON of blinkpy':
      return JSON.stringify({
        username: EMAIL,
        password: PASSWORD,
        token: 'eyJan-access-token',
        refresh_token: token,
        host: 'e008.immedia-semi.com',
        client_id: '77',
        account_id: 100_001,
      });
    default:
      return JSON.stringify(
        {
          accessToken: 'eyJan-access-token',
          refreshToken: token,
          accountId: 100_001,
          clientId: 77,
          tier: 'e008',
          email: EMAIL,
        },
        undefined,
        2,
      );
  }
}

describe('importing what is complete', () => {
  it.each(['BLINK_TOKENS', 'JSON of blinkpy', 'JSON of a Homebridge plugin'])(
    'takes %s from a file, leaves out what is not to be stored, and the file as it is',
    async (form) => {
      const path = await session.fileWith(saved(form));
      const ran = await session.run(`import garden --from ${path} --json`);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        session: 'garden',
        created: true,
        form,
        accountId: 100_001,
        clientId: '77',
      });
      const { text } = session.stored('garden');
      expect(text).toContain(token);
      expect(text).not.toMatch(/canary-password|an-access-token|2fa_code/);
      expect(await readFile(path, 'utf8')).toBe(saved(form));
      expect(session.blink.calls).toEqual([]);
      expect(await session.run('logout garden')).toMatchObject({ exitCode: 0 });
    },
  );

  it('reads from a pipe, and names the fields that it leaves out', async () => {
    const { exitCode, stderr, stdout } = await session.run('import --from -', [saved('BLINK_TOKENS')]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('password, 2fa_code, token');
    expect(stderr).toMatch(/refresh token {2}eyJ.….{4}/);
    expect(stdout).toContain('Imported as blink-logout/default.');
  });
});

describe('importing what is not complete', () => {
  const bare = () => JSON.stringify({ refresh_token: token });

  it('spends no token without a question, and names the missing fields', async () => {
    const { exitCode, stderr } = await session.run('import --from -', [bare()]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/account +missing/);
    expect(stderr).toContain('--yes');
    expect(session.blink.tokens.spends(token)).toBe(0);
    expect(session.stored().text).toBe(bare());
  });

  it('stores nothing if the fields to look up leave no room for the longest refresh token', async () => {
    const withNotes = (length: number) =>
      JSON.stringify({ refreshToken: token, oauthClientId: 'ios', notes: 'x'.repeat(length) });
    const bytesSaved = parseStoredSession(withNotes(0)).withGrant({
      refreshToken: '"'.repeat(8192),
      oauthClient: 'x'.repeat(64),
    }).length;
    const largest = withNotes(65_536 - bytesSaved);
    expect(parseStoredSession(largest).refreshToken).toBe(token);
    const { exitCode, stderr } = await session.run('import --yes --from -', [largest]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('must be shorter by');
    expect(session.secretsManager.calls.map(({ action }) => action)).not.toContain('CreateSecret');
    expect(session.blink.calls).toEqual([]);
  });

  it('looks it up with --yes, and stores the token that the refresh brings', async () => {
    const { exitCode, stdout } = await session.run('import --yes --from -', [bare()]);
    expect({ exitCode, stdout }).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/client +77\b/),
    });
    expect(JSON.parse(session.stored().text)).toMatchObject({
      refresh_token: session.blink.tokens.newest(77),
      oauth_client_id: 'android',
      account_id: 100_001,
      client_id: '77',
      host: 'e008.immedia-semi.com',
    });
    expect(session.blink.tokens.spends(token)).toBe(1);
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
    expect(session.blink.tokens.doubleSpends).toBe(0);
  });

  it('has stored the session before it spends, and holds the claim until all is written', async () => {
    const seen: string[] = [];
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (moment === 'before')
        seen.push(`${action} ${session.stored().text.includes(token) ? 'old' : 'new'}`);
      if (action === 'tier-info' && moment === 'before') {
        expect(await session.run('logout')).toMatchObject({
          stderr: expect.stringMatching(/another run holds this session/i),
        });
      }
      return undefined;
    };
    await session.run('import --yes --from -', [bare()]);
    expect(seen.filter((each) => !each.startsWith('refresh'))).toEqual(['tier-info new', 'homescreen new']);
    expect(seen.at(-3)).toBe('refresh old');
  });

  it('keeps the new token where a look-up fails', async () => {
    session.blink.faults.after('tier-info', { do: 'answer', answer: { status: 404, headers: {}, body: '' } });
    expect(await session.run('import --yes --from -', [bare()])).toMatchObject({ exitCode: 0 });
    expect(session.stored().text).toContain(session.blink.tokens.newest(77));
    session.blink.faults.clear();
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });

  /** Does something at each moment of each call that writes what was found. */
  function whileWriting(
    what: (call: SecretsManagerCall, moment: Moment, seen: number) => Promise<Effect | undefined>,
  ) {
    let seen = 0;
    let busy = false;
    session.secretsManager.faults.onCall = async (call, moment) => {
      if (busy || !session.blink.calls.some(({ action }) => action === 'homescreen')) return undefined;
      busy = true;
      const effect = await what(call, moment, seen++);
      busy = false;
      return effect;
    };
  }

  it('prevents each run until the found fields are current', async () => {
    const ends: string[] = [];
    whileWriting(async ({ action }, moment) => {
      const { stderr } = await session.run('logout');
      ends.push(`${action} ${moment}: ${/another run holds this session/i.test(stderr) ? 'busy' : stderr}`);
      return undefined;
    });
    const imported = await session.run('import --yes --from -', [bare()]);
    session.secretsManager.faults.clear();
    expect(imported).toMatchObject({ exitCode: 0 });
    expect(ends.slice(0, -1)).toEqual([
      'PutSecretValue before: busy',
      'PutSecretValue after: busy',
      'PutSecretValue before: busy',
      'PutSecretValue after: busy',
      'UpdateSecretVersionStage before: busy',
      'UpdateSecretVersionStage after: busy',
      'UpdateSecretVersionStage before: busy',
    ]);
    // By then the claim is released, and what was found has been there for the run.
    expect(ends.at(-1)).toBe('UpdateSecretVersionStage after: Logging out …\n');
    expect(JSON.parse(session.stored().text)).toMatchObject({ account_id: 100_001 });
    expect(session.blink.tokens.doubleSpends).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])(
    'is healed by the next run where it dies while it writes what was found, at moment %i',
    async (dies) => {
      whileWriting(async (_call, _moment, seen) =>
        seen >= dies ? refuse('AccessDeniedException') : undefined,
      );
      await session.run('import --yes --from -', [bare()]);
      session.secretsManager.faults.clear();
      session.secretsManager.clock.advanceMs(CLAIM_LIFE_MS + 1000);
      expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
      const [refreshes, doubleSpends] = [session.blink.tokens.refreshes, session.blink.tokens.doubleSpends];
      expect({ refreshes, doubleSpends }).toEqual({ refreshes: 2, doubleSpends: 0 });
      // From the third moment on, what was found has been put, and the next run makes it current.
      expect(session.stored().text.includes('account_id')).toBe(dies >= 3);
    },
  );

  it('leaves the session free where what was found cannot be written', async () => {
    let puts = 0;
    whileWriting(async ({ action }, moment) =>
      action === 'PutSecretValue' && moment === 'before' && ++puts === 2
        ? refuse('AccessDeniedException')
        : undefined,
    );
    expect(await session.run('import --yes --from -', [bare()])).toMatchObject({ exitCode: 1 });
    expect(session.stored().text).toContain(session.blink.tokens.newest(77));
    session.secretsManager.faults.clear();
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });

  it('never overwrites a sign-in that lands meanwhile', async () => {
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action !== 'tier-info' || moment !== 'before') return undefined;
      session.blink.faults.clear();
      await session.run('sign-in', SIGN_IN_LINES);
      return undefined;
    };
    const ran = await session.run('import --yes --from -', [bare()]);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('newer sign-in') });
    expect(session.stored().text).toContain(session.blink.tokens.newest(7_000_001));
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });

  it('reports a token that is spent already, and no run sends it to Blink again', async () => {
    session.blink.tokens.refresh(token);
    const ran = await session.run('import --yes --from -', [bare()]);
    expect(ran).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/refuses the refresh token.*sign-in/s),
    });
    expect(await session.run('check')).toMatchObject({ exitCode: 1 });
  });

  it('gives the claim back where Blink does not answer', async () => {
    session.blink.faults.before('refresh', { do: 'answer', answer: { status: 406, headers: {}, body: '' } });
    const ran = await session.run('import --yes --from -', [bare()]);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Wait an hour') });
    expect(parseStoredSession(session.stored().text).refreshToken).toBe(token);
    expect(await session.run('check --json')).toMatchObject({
      stdout: expect.stringContaining('blocked_by_blink'),
    });
  });
});

describe('importing over a session', () => {
  it('is refused to a script that does not say --yes', async () => {
    session.store('{"refresh_token":"the-one-before"}');
    const ran = await session.run('import --from -', [saved('JSON of blinkpy')]);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--yes') });
    expect(session.stored().text).toContain('the-one-before');
    expect(await session.run('import --from - --yes', [saved('JSON of blinkpy')])).toMatchObject({
      exitCode: 0,
    });
    expect(session.stored().text).toContain(token);
  });
});

describe('what cannot be imported', () => {
  it.each([
    ['canary.person@example.com', 'source_invalid'],
    ['{"refresh_token":"has a space"}', 'source_invalid'],
    ['{"refresh_token":"x","host":"evil.example"}', 'source_invalid'],
    ['{', 'source_invalid'],
    ['', 'source_invalid'],
  ])('is %s', async (text, code) => {
    const { exitCode, stdout } = await session.run('import --json --from -', [text]);
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, code]);
    expect(stdout).not.toContain('evil');
    expect(session.secretsManager.calls).toEqual([]);
  });

  it('is a file that does not exist', async () => {
    const ran = await session.run('import --json --from /nowhere');
    expect(JSON.parse(ran.stdout).error).toMatchObject({ code: 'source_unreadable' });
  });
});

describe('importing from Home Assistant', () => {
  const store = (...entries: readonly object[]) =>
    JSON.stringify({ version: 1, minor_version: 5, key: 'core.config_entries', data: { entries } });
  const blink = (title: string) => ({
    domain: 'blink',
    title,
    data: JSON.parse(saved('JSON of blinkpy')),
  });

  it('finds the Blink integration in its store, and reports that both share one sign-in', async () => {
    const path = await session.fileWith(store({ domain: 'sun', title: 'Sun', data: {} }, blink(EMAIL)));
    const { exitCode, stdout } = await session.run(`import garden --from ${path}`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Give Home Assistant a sign-in of its own');
    expect(JSON.parse(session.stored('garden').text)).toMatchObject({
      refresh_token: token,
      client_id: '77',
    });
  });

  it('leaves the choice between several to a person', async () => {
    const path = await session.fileWith(store(blink(EMAIL), blink('canary.plain@example.com')));
    const ran = await session.run(`import --json --from ${path}`);
    expect(JSON.parse(ran.stdout).error.message).toBe(
      'Which Blink account? Only a person at a terminal can choose.',
    );
    expect(session.secretsManager.calls).toEqual([]);
  });

  it('reports a store without a Blink integration', async () => {
    const path = await session.fileWith(store({ domain: 'sun', title: 'Sun', data: {} }));
    const ran = await session.run(`import --json --from ${path}`);
    expect(JSON.parse(ran.stdout).error.message).toContain('no Blink integration');
  });
});

describe('importing a folder', () => {
  it('stores each file as the session of its name, and reports those that it cannot import', async () => {
    const folder = await session.folderWith({
      'attic.json': saved('JSON of blinkpy'),
      'garden.env': saved('BLINK_TOKENS'),
      'broken.json': '{',
      'Not a name.json': saved('JSON of blinkpy'),
      '.hidden': 'nothing',
    });
    const { exitCode, stdout } = await session.run(`import --json --from ${folder}`);
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).sessions).toMatchObject([
      { session: 'attic', imported: true },
      { session: 'broken', imported: false, error: { code: 'source_invalid' } },
      { session: 'garden', imported: true },
      { session: 'Not a name', imported: false, error: { code: 'usage' } },
    ]);
    expect(session.stored('attic').text).toContain(token);
    expect(session.stored('garden').text).toContain(token);
  });

  it('shows one line for each file, and not its fields', async () => {
    const folder = await session.folderWith({ 'attic.json': '{"refresh_token":"x"}' });
    const { stdout, stderr } = await session.run(`import --from ${folder}`);
    expect(stdout).toBe('attic  imported\n');
    expect(stderr).not.toContain('refresh token');
    expect(stderr.match(/--yes/g)).toHaveLength(1);
  });

  it('replaces existing sessions only with --yes', async () => {
    session.store('{"refresh_token":"the-one-before"}', 'attic');
    const folder = await session.folderWith({ 'attic.json': saved('JSON of blinkpy') });
    expect(await session.run(`import --from ${folder}`)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('already exists'),
    });
    expect(await session.run(`import --yes --from ${folder}`)).toMatchObject({ exitCode: 0 });
    expect(session.stored('attic').text).toContain(token);
  });

  it('accepts no name, and reports a folder without files', async () => {
    const folder = await session.folderWith({});
    expect(await session.run(`import garden --from ${folder}`)).toMatchObject({ exitCode: 2 });
    expect((await session.run(`import --from ${folder}`)).stdout).toContain('no files');
  });
});

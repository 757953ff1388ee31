import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import { EMAIL, PASSWORD, type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

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

it('gives a new secret the KMS key and the tags of the stack', async () => {
  const { secrets } = session.secretsManager;
  secrets.kmsKeys.add('the-key');
  const key = secrets.find('blink-logout-webhook-key');
  key.kmsKeyId = 'the-key';
  key.tags.set('team', 'house').set('aws:cloudformation:stack-name', 'blink-logout');
  const path = await session.fileWith(saved('BLINK_TOKENS'));
  expect(await session.run(`import garden --from ${path} --json`)).toMatchObject({ exitCode: 0 });
  const { kmsKeyId, tags } = secrets.find('blink-logout/garden');
  expect(kmsKeyId).toBe('the-key');
  expect([...tags]).toEqual([['team', 'house']]);
});

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

describe('importing a file that has more', () => {
  it.each([
    ['an env file', (line: string) => `OTHER=canary\r\n${line}\r\nexport ANOTHER='canary'\r\n`],
    ['a key and its value', (line: string) => JSON.stringify({ OTHER: 'canary', BLINK_TOKENS: line })],
    ['a comment', (line: string) => `${line} # canary\n`],
  ])('stores only the session, and says that there was more: %s', async (_what, withMore) => {
    const path = await session.fileWith(
      withMore(`BLINK_TOKENS='refresh_token=${token}|host=e008.immedia-semi.com'`),
    );
    const { stdout } = await session.run(`import --from ${path} --json`);
    expect(JSON.parse(stdout).dropped).toEqual(['what is beside BLINK_TOKENS']);
    expect(session.stored().text).toBe(`BLINK_TOKENS='refresh_token=${token}|host=e008.immedia-semi.com'`);
  });

  it.each(['utf8', 'utf16le'] as const)('reads it as Windows writes it: %s', async (encoding) => {
    const folder = await session.folderWith({});
    const path = join(folder, 'tokens.json');
    await writeFile(path, Buffer.from(`\uFEFF{"refresh_token":"${token}"}\r\n`, encoding));
    expect(await session.run(`import --from ${path} --json`)).toMatchObject({ exitCode: 0 });
    expect(session.stored().text).toBe(`{"refresh_token":"${token}"}`);
  });
});

describe('importing what is not complete', () => {
  const bare = () => JSON.stringify({ refresh_token: token });

  it('names the missing fields, and asks Blink for nothing', async () => {
    const { exitCode, stderr } = await session.run('import --yes --from -', [bare()]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/account +missing/);
    expect(session.blink.calls).toEqual([]);
    expect(session.stored().text).toBe(bare());
  });

  it('stores nothing that leaves no room for the longest refresh token', async () => {
    const withNotes = (length: number) => JSON.stringify({ refreshToken: token, notes: 'x'.repeat(length) });
    const bytesSaved = parseStoredSession(withNotes(0)).withGrant({
      refreshToken: '"'.repeat(8192),
      oauthClient: 'x'.repeat(64),
    }).length;
    const { exitCode, stderr } = await session.run('import --from -', [withNotes(65_537 - bytesSaved)]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('must be shorter by');
    expect(session.secretsManager.calls.map(({ action }) => action)).not.toContain('CreateSecret');
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
      'Blinkpy Home.txt': saved('JSON of blinkpy'),
      'porch.json': saved('JSON of blinkpy'),
      'porch.txt': saved('BLINK_TOKENS'),
      '.hidden': 'nothing',
    });
    const { exitCode, stdout } = await session.run(`import --json --from ${folder}`);
    expect(exitCode).toBe(1);
    const { files, imported } = JSON.parse(stdout);
    expect(imported).toBe(2);
    expect(files).toMatchObject([
      { file: 'attic.json', imported: true },
      {
        file: 'Blinkpy Home.txt',
        imported: false,
        error: { advice: ['Rename the file, such as to blinkpy-home.txt.'] },
      },
      { file: 'broken.json', imported: false, error: { code: 'source_invalid' } },
      { file: 'garden.env', imported: true },
      {
        file: 'porch.json',
        imported: false,
        error: { message: 'porch.json and porch.txt name one session.' },
      },
      { file: 'porch.txt', imported: false, error: { code: 'source_invalid' } },
    ]);
    expect(session.stored('attic').text).toContain(token);
    expect(session.stored('garden').text).toContain(token);
  });

  it('shows one line for each file, without control characters and fields, and a total', async () => {
    const folder = await session.folderWith({
      'attic.json': '{"refresh_token":"x"}',
      'red\u001b[31m.json': '{"refresh_token":"x"}',
    });
    const { stdout, stderr } = await session.run(`import --from ${folder}`);
    expect(stdout.split('\n')).toEqual([
      'attic.json  imported',
      expect.stringMatching(/^red\?\[31m\.json {2}A session’s name has only/),
      '1 of 2 files are imported.',
      '',
    ]);
    expect(stderr).not.toContain('refresh token');
  });

  it('says that hidden files are left out, where there are no others', async () => {
    const folder = await session.folderWith({ '.env': saved('BLINK_TOKENS') });
    expect((await session.run(`import --from ${folder}`)).stdout).toContain('hidden files and folders in it');
    expect(session.secretsManager.calls).toEqual([]);
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

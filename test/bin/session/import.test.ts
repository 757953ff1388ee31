import { readFile } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Effect } from '../../../local/faults.ts';
import { deny } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { EMAIL, PASSWORD, session, sessionForEachTest } from './session-under-test.ts';

let token: string;

sessionForEachTest();
beforeEach(() => {
  token = session.blink.seedSession({ accountId: 100_001, clientId: 77 });
});

/** As each client saves it, in full, with what is not to be stored. */
const BLINK_TOKENS = () =>
  `BLINK_TOKENS='username=${encodeURIComponent(EMAIL)}|password=${PASSWORD}|token=eyJcanary|refresh_token=${token}|host=e008.immedia-semi.com|client_id=77|account_id=100001|oauth_client_id=ios|2fa_code=123'\n`;
const BLINKPY = () =>
  `{"username":"${EMAIL}","password":"${PASSWORD}","token":"eyJcanary","access_token":"eyJcanary","refresh_token":"${token}","host":"e008.immedia-semi.com","client_id":"77","account_id":100001}`;
const HOMEBRIDGE = () =>
  `{\n  "accessToken": "eyJcanary",\n  "twoFactorCode": "123",\n  "refreshToken": "${token}",\n  "accountId": 100001,\n  "clientId": 77,\n  "tier": "e008",\n  "email": "${EMAIL}"\n}`;
const inHomeAssistant = (...entries: readonly object[]) =>
  JSON.stringify({ version: 1, minor_version: 5, key: 'core.config_entries', data: { entries } });
const blinkEntry = (title: string) => ({ domain: 'blink', title, data: JSON.parse(BLINKPY()) });
const SUN = { domain: 'sun', title: 'Sun', data: {} };

describe('an import takes, in full, and leaves the file as it is', () => {
  it.each([
    ['BLINK_TOKENS', BLINK_TOKENS, ['password', '2fa_code', 'token']],
    ['JSON of blinkpy', BLINKPY, ['password', 'token', 'access_token']],
    ['JSON of a Homebridge plugin or of blink-logout', HOMEBRIDGE, ['accessToken', 'twoFactorCode']],
    ['JSON of blinkpy', () => inHomeAssistant(SUN, blinkEntry(EMAIL)), ['password', 'token', 'access_token']],
  ] as const)('%s, %s', async (form, saved, dropped) => {
    const path = await session.fileWith(saved());
    const { stdout } = await session.run(`import garden --from ${path} --json`);
    const found = { form, dropped, accountId: 100_001, clientId: '77' };
    expect(JSON.parse(stdout)).toMatchObject({ session: 'garden', created: true, ...found });
    const { text } = session.stored('garden');
    expect(text).toContain(token);
    expect(text).not.toMatch(/canary-password|eyJcanary|2fa_code/);
    expect(await readFile(path, 'utf8')).toBe(saved());
    expect(session.blink.calls).toEqual([]);
    expect(await session.run('logout garden')).toMatchObject({ exitCode: 0 });
  });
});

describe('an import takes, and stores only the session', () => {
  const line = () => `BLINK_TOKENS='refresh_token=${token}|host=e008.immedia-semi.com'`;
  const bare = () => `{"refresh_token":"${token}"}`;
  const OTHERS = ['what is beside BLINK_TOKENS'];

  it.each([
    ['an env file', () => `OTHER=canary\r\n${line()}\r\nexport ANOTHER='canary'\r\n`, line, OTHERS],
    ['a key and its value', () => JSON.stringify({ OTHER: 'canary', BLINK_TOKENS: line() }), line, OTHERS],
    ['a comment', () => `${line()} # canary\n`, line, OTHERS],
    ['a refresh token alone', bare, bare, []],
    ['UTF-8 of Windows', () => Buffer.from(`\uFEFF${bare()}\r\n`), bare, []],
    ['UTF-16 of Windows', () => Buffer.from(`\uFEFF${bare()}\r\n`, 'utf16le'), bare, []],
    ['UTF-16, big-endian', () => Buffer.from(`\uFEFF${bare()}`, 'utf16le').swap16(), bare, []],
  ])('%s', async (_what, content, text, dropped) => {
    const path = await session.fileWith(content());
    const { stdout } = await session.run(`import --from ${path} --json`);
    expect(JSON.parse(stdout).dropped).toEqual(dropped);
    expect(session.stored().text).toBe(text());
    expect(session.blink.calls).toEqual([]);
  });

  it('what is piped in; it shows the fields that are found, missing and left out', async () => {
    const { exitCode, stderr, stdout } = await session.run('import --from -', [BLINK_TOKENS()]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('password, 2fa_code, token');
    expect(stderr).toMatch(/refresh token {2}eyJ.….{4}/);
    expect(stderr).toMatch(/hardware id +missing/);
    expect(stdout).toContain('Imported as blink-logout/default.');
  });

  it('and says that Home Assistant shares the sign-in', async () => {
    const { stdout } = await session.run('import --from -', [inHomeAssistant(blinkEntry(EMAIL))]);
    expect(stdout).toContain('Give Home Assistant a sign-in of its own');
  });
});

describe('an import refuses, before anything is stored', () => {
  it.each([
    ['nothing', '', /is empty/],
    ['only spaces', ' \r\n', /is empty/],
    ['a token without a name', 'canary\n', /none of the three forms/],
    ['text', 'these are canary tokens', /none of the three forms/],
    ['broken JSON', '{', /begins like JSON, but is not JSON/],
    ['a host that is not Blink’s', '{"refresh_token":"x","host":"evil.canary"}', /host must be/],
    ['a store without Blink', inHomeAssistant(SUN), /no Blink integration/],
    [
      'a store of Blink without data',
      inHomeAssistant({ domain: 'blink', title: 'canary' }),
      /no Blink integration/,
    ],
    ['bytes', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]), /not text in UTF-8/],
    ['UTF-16 without a mark', Buffer.from('{"refresh_token":"x"}', 'utf16le'), /not text in UTF-8/],
  ])('%s', async (_what, content, reason) => {
    const path = await session.fileWith(content);
    const { exitCode, stdout } = await session.run(`import --json --from ${path}`);
    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([1, 'source_invalid']);
    expect(stdout).toMatch(reason);
    expect(stdout).not.toContain('canary');
    expect(session.secretsManager.calls).toEqual([]);
  });

  it('to replace a session, if the right to write is missing: the right is named', async () => {
    session.store('{"refresh_token":"the-one-before"}');
    session.secretsManager.faults.before('PutSecretValue', deny('secretsmanager:PutSecretValue', 'x'));
    const { exitCode, stderr } = await session.run('import --from - --yes', [BLINKPY()]);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('"Action":"secretsmanager:PutSecretValue"'),
    ]);
    expect(session.stored().text).toContain('the-one-before');
  });

  it('a file that does not exist', async () => {
    const { stdout } = await session.run('import --json --from /nowhere');
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'source_unreadable' });
  });

  it('to replace a session, unless a script says --yes', async () => {
    session.store('{"refresh_token":"the-one-before"}');
    const { exitCode, stderr } = await session.run('import --from -', [BLINKPY()]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('add --yes')]);
    expect(session.stored().text).toContain('the-one-before');
    expect(await session.run('import --from - --yes', [BLINKPY()])).toMatchObject({ exitCode: 0 });
    expect(session.stored().text).toContain(token);
  });
});

describe('an import stores a new session', () => {
  const elsewhere = () => session.store('{"refresh_token":"of another command"}', 'garden');
  it.each<[what: string, created: boolean, action: string, fault: () => Effect | undefined]>([
    ['who may create secrets, and write to none', true, 'PutSecretValue', () => deny('it', 'x')],
    ['also if another command does, at the same time', false, 'CreateSecret', () => void elsewhere()],
  ])('%s', async (_what, created, action, fault) => {
    session.secretsManager.faults.onCall = (call, moment) =>
      call.action === action && moment === 'before' ? fault() : undefined;
    const { exitCode, stdout } = await session.run('import garden --from - --json', [BLINKPY()]);
    expect([exitCode, JSON.parse(stdout).created]).toEqual([0, created]);
    expect(session.stored('garden').text).toContain(token);
  });
});

it('a new secret gets the KMS key and the tags of the stack', async () => {
  const { secrets } = session.secretsManager;
  secrets.kmsKeys.add('the-key');
  const key = secrets.find('blink-logout-webhook-key');
  key.kmsKeyId = 'the-key';
  key.tags.set('team', 'house').set('aws:cloudformation:stack-name', 'blink-logout');
  expect(await session.run('import garden --from - --json', [BLINKPY()])).toMatchObject({ exitCode: 0 });
  const { kmsKeyId, tags } = secrets.find('blink-logout/garden');
  expect([kmsKeyId, ...tags]).toEqual(['the-key', ['team', 'house']]);
});

describe('an import of a folder', () => {
  it('stores each file as the session of its name, and reports those that it cannot import', async () => {
    session.store('{"refresh_token":"the-one-before"}', 'kept');
    const folder = await session.folderWith({
      'attic.json': BLINKPY(),
      'garden.env': BLINK_TOKENS(),
      'broken.json': '{',
      'Blinkpy Home.txt': BLINKPY(),
      'kept.json': BLINKPY(),
      'porch.json': BLINKPY(),
      'porch.txt': BLINK_TOKENS(),
      'several.json': inHomeAssistant(blinkEntry(EMAIL), blinkEntry(EMAIL)),
      '.hidden': 'nothing',
    });
    const { exitCode, stdout } = await session.run(`import --json --from ${folder}`);
    expect(exitCode).toBe(1);
    const refused = (file: string, words: string) => ({
      file,
      imported: false,
      error: expect.objectContaining({ message: expect.stringContaining(words) }),
    });
    expect(JSON.parse(stdout)).toEqual({
      imported: 2,
      files: [
        { file: 'attic.json', imported: true },
        refused('Blinkpy Home.txt', 'characters of a-z, 0-9 and -'),
        refused('broken.json', 'is not JSON'),
        { file: 'garden.env', imported: true },
        refused('kept.json', 'A session named kept already exists.'),
        refused('porch.json', 'porch.json and porch.txt name one session.'),
        refused('porch.txt', 'porch.json and porch.txt name one session.'),
        refused('several.json', 'To choose, import the file alone, at a terminal.'),
      ],
    });
    for (const name of ['attic', 'garden']) expect(session.stored(name).text).toContain(token);
    expect(session.stored('kept').text).toContain('the-one-before');
    expect(await session.run(`import --yes --from ${folder}`)).toMatchObject({ exitCode: 1 });
    expect(session.stored('kept').text).toContain(token);
  });

  it('shows one line for each file, without control characters and fields, and a total', async () => {
    const folder = await session.folderWith({
      'attic.json': '{"refresh_token":"x"}',
      'red\u001b[31m.json': '{"refresh_token":"x"}',
    });
    const { stdout, stderr } = await session.run(`import --from ${folder}`);
    expect(stdout.split('\n')).toEqual([
      'attic.json  imported',
      expect.stringMatching(/^red\?\[31m\.json {2}A session’s name has/),
      '1 of 2 files are imported.',
      '',
    ]);
    expect(stderr).not.toContain('refresh token');
  });

  it('accepts no name, and says that hidden files are left out where there are no others', async () => {
    const folder = await session.folderWith({ '.env': BLINK_TOKENS() });
    expect(await session.run(`import garden --from ${folder}`)).toMatchObject({ exitCode: 2 });
    expect((await session.run(`import --from ${folder}`)).stdout).toContain('hidden files and folders in it');
    expect(session.secretsManager.calls).toEqual([]);
  });
});

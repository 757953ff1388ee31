import { execSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keysDocument, ownerKey, parseStoredKeys, textsOf } from '../../../lambda/core/webhook-keys.ts';
import { deny, refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { KEY_SECRET, session, sessionForEachTest } from './session-under-test.ts';

sessionForEachTest();

const secret = () => session.secretsManager.secrets.find(KEY_SECRET);
const current = () => secret().version({}).text;

/** As the function would accept them. */
function acceptedNow() {
  const versions = secret().versions();
  const previous = versions.find(({ labels }) => labels.includes('AWSPREVIOUS'));
  const stored = parseStoredKeys(current(), previous?.text);
  return stored.kind === 'malformed' ? [] : stored.keys;
}

/** The texts of each key. */
function accepted() {
  return Object.fromEntries(acceptedNow().map((key) => [key.name, textsOf(key)]));
}

async function keyIn(command: string): Promise<string> {
  const { exitCode, stdout } = await session.run(`${command} --json`);
  expect(exitCode).toBe(0);
  return JSON.parse(stdout).key;
}

describe('a bare key', () => {
  it('is the key owner, whose age is listed, and whose text is shown when asked', async () => {
    const { exitCode, stdout } = await session.run('key');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^key {4}sessions {10}made\nowner {2}\*, other clients {2}1 second ago\n/);
    expect((await session.run('key show')).stdout).toBe(`${current()}\n`);
    expect(await keyIn('key show')).toBe(current());
  });

  it('is changed for another of letters and digits, stays bare, and the one before works for a while', async () => {
    const before = current();
    const { stdout } = await session.run('key rotate');
    expect(stdout).toContain('accepted within ten seconds');
    expect(stdout).toContain('works until the next rotation');
    expect(current()).toMatch(/^[A-Za-z0-9]{64}$/);
    expect(accepted()).toEqual({ owner: [current(), before] });
  });

  it('keeps working when another key is added, and so does the one before it', async () => {
    const first = current();
    await session.run('key rotate');
    const second = current();
    const garden = await keyIn('key add garden --sessions garden,tenant-a-*');
    expect(accepted()).toEqual({ garden: [garden], owner: [second, first] });
  });
});

describe('keys', () => {
  it('are added, shown, listed, rotated and removed', async () => {
    const owner = current();
    const garden = await keyIn('key add garden --sessions garden');
    expect(garden).toMatch(/^[A-Za-z0-9]{64}$/);
    const attic = await keyIn('key add attic --sessions * --other-clients');
    expect(await keyIn('key show garden')).toBe(garden);

    const { stdout } = await session.run('key list');
    expect(stdout).toMatch(/^garden {2}garden {12}1 second ago$/m);
    for (const key of [owner, garden, attic]) expect(stdout).not.toContain(key);

    await session.run('key rotate garden');
    await session.run('key rotate attic');
    const [newGarden, newAttic] = [await keyIn('key show garden'), await keyIn('key show attic')];
    expect(accepted()).toEqual({ garden: [newGarden, garden], attic: [newAttic, attic], owner: [owner] });

    await session.run('key rotate garden');
    expect(accepted()['garden']).toEqual([await keyIn('key show garden'), newGarden]);
    await session.run('key remove garden');
    expect(accepted()).toEqual({ attic: [newAttic, attic], owner: [owner] });
    expect(await session.run('key show garden')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('There is no key named garden.'),
    });
  });

  it('are listed with what they may do, and with their age since the last rotation', async () => {
    const keys = [{ ...ownerKey(current(), undefined), createdAt: '2026-03-01T12:00:00Z' }];
    secret().put('0'.repeat(32), keysDocument(keys), ['AWSCURRENT']);
    const { stdout } = await session.run('key add garden --sessions garden --other-clients');
    expect(stdout).toContain('It may log out: garden, other clients.');
    expect((await session.run('key list')).stdout).toMatch(/^owner {3}\*, other clients {7}\d+ days ago$/m);
    await session.run('key rotate');
    expect((await session.run('key list')).stdout).toMatch(
      /^owner .* 1 second ago; the old key is accepted too$/m,
    );
  });

  it('keep their scope when a single one is left', async () => {
    await session.run('key add garden --sessions garden');
    const { stdout } = await session.run('key remove owner');
    expect(stdout).toContain("key add owner --sessions '*' --other-clients");
    expect(acceptedNow()).toMatchObject([{ name: 'garden', sessions: ['garden'], otherClients: false }]);
    await session.run('key remove garden');
    expect(acceptedNow()).toEqual([]);
    expect((await session.run('key list')).stdout).toMatch(/no keys, so every call .*\n.*key add owner/);
  });

  it('are not lost by two commands at once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const added = await Promise.all(names.map((name) => session.run(`key add ${name} --sessions ${name}`)));
    expect(added.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    expect(Object.keys(accepted()).toSorted()).toEqual(['a', 'b', 'c', 'd', 'owner']);

    const before = accepted();
    await Promise.all(['a', 'b'].map((name) => session.run(`key rotate ${name}`)));
    for (const name of ['a', 'b']) expect(accepted()[name]?.[1]).toBe(before[name]?.[0]);
  });

  it('keep what was stored by hand between a command’s reading and its writing', async () => {
    const byHand = 'k'.repeat(64);
    session.secretsManager.faults.onCall = ({ action }, moment) => {
      if (action !== 'PutSecretValue' || moment !== 'after') return undefined;
      session.secretsManager.faults.clear();
      secret().put('0'.repeat(32), byHand, ['AWSCURRENT']);
      return undefined;
    };
    const garden = await keyIn('key add garden --sessions garden');
    expect(accepted()).toMatchObject({ garden: [garden], owner: [byHand, expect.any(String)] });
  });

  it('are changed once where the answer to the change is lost', async () => {
    session.secretsManager.faults.after('UpdateSecretVersionStage', { do: 'destroy' }, { times: 1 });
    const garden = await keyIn('key add garden --sessions garden');
    expect(accepted()).toMatchObject({ garden: [garden] });
  });

  it('are rotated once where the answer is lost, and another change comes before it is looked for', async () => {
    const before = current();
    session.secretsManager.faults.onCall = ({ action }, moment) => {
      if (action !== 'UpdateSecretVersionStage' || moment !== 'after') return undefined;
      session.secretsManager.faults.clear();
      const keys = [{ ...ownerKey(current(), before), createdAt: '2026-03-01T12:00:00Z' }];
      secret().put('0'.repeat(32), keysDocument(keys), ['AWSCURRENT']);
      return { do: 'destroy' };
    };
    expect(await session.run('key rotate')).toMatchObject({ exitCode: 0 });
    expect(accepted()).toEqual({ owner: [expect.not.stringContaining(before), before] });
  });

  it('stay as they are where another change always comes first', async () => {
    const before = current();
    session.secretsManager.faults.before('UpdateSecretVersionStage', refuse('InvalidParameterException'));
    const { exitCode, stderr } = await session.run('key rotate');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Nothing was changed.');
    expect(current()).toBe(before);
  });

  it('are 200 at most: one more is refused, since its document would let nobody in', async () => {
    const keys = Array.from({ length: 200 }, (_, n) => ({
      name: `n${n}`,
      key: String(n).padStart(64, 'k'),
      sessions: ['*'],
      otherClients: false,
      createdAt: '2026-03-01T12:00:00Z',
    }));
    secret().put('0'.repeat(32), JSON.stringify({ keys }), ['AWSCURRENT']);
    const { exitCode, stderr } = await session.run('key add garden --sessions garden');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('There is no room for more: 200 keys');
    expect(Object.keys(accepted())).toHaveLength(200);
    await session.run('key remove n7');
    await keyIn('key add garden --sessions garden');
    expect(Object.keys(accepted())).toHaveLength(200);
  });

  it('are as many as fit into a secret: a larger document is not sent', async () => {
    const sessions = Array.from({ length: 100 }, (_, n) => `s${n}`.padEnd(63, 'x'));
    const names = Array.from({ length: 9 }, (_, n) => `n${n}`);
    for (const name of names) await keyIn(`key add ${name} --sessions ${sessions.join(',')}`);
    const before = accepted();
    const { exitCode, stderr } = await session.run(`key add garden --sessions ${sessions.join(',')}`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('65536 bytes. Nothing was changed.');
    expect(accepted()).toEqual(before);
  });

  it.each([
    [1, 'key add attic --sessions attic', 'already exists'],
    [1, 'key remove nobody', 'There is no key named nobody.'],
    [2, 'key list garden', 'needs no name'],
    [2, 'key steal', 'list, add, show, rotate and remove'],
    [2, 'key add garden', 'needs --sessions'],
    [2, `key add garden --sessions ${'a,'.repeat(101)}`, 'at most 100 names'],
    [2, 'key add garden --sessions .*', '--sessions expects'],
    [2, 'key add garden --sessions attic,Garden', '--sessions expects'],
    [2, 'key add garden --sessions ,', '--sessions expects'],
    [2, 'key add __proto__ --sessions *', 'needs the name of a key'],
    [2, 'key add --sessions *', 'needs the name of a key'],
    [2, 'key remove', 'needs the name of a key'],
    [2, 'key show garden attic', 'Too many arguments.'],
    [2, 'key rotate --sessions *', 'for key add'],
    [2, 'key rotate --other-clients', 'for key add'],
  ])('are not changed, and the exit code is %i: %s', async (exitCode, command, words) => {
    await session.run('key add attic --sessions attic');
    const before = accepted();
    expect(await session.run(command)).toMatchObject({ exitCode, stderr: expect.stringContaining(words) });
    expect(accepted()).toEqual(before);
  });
});

describe('the keys’ secret', () => {
  it.each(['', 'show', 'rotate', 'add x --sessions x', 'remove owner'])(
    'is missing: key %s',
    async (action) => {
      session.secretsManager.secrets.deleteWithoutRecovery(KEY_SECRET);
      const { exitCode, stderr } = await session.run(`key ${action}`);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/AWS says: Secrets Manager can't find.*\n.*leave --stack out/);
    },
  );

  it('is malformed: what to do is said, and its text is not', async () => {
    secret().put('0'.repeat(32), '{"keys":[{"canary":1}]}', ['AWSCURRENT']);
    const { exitCode, stderr } = await session.run('key list');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('malformed: it lets nobody in');
    expect(stderr).not.toContain('canary');
    const [, make = ''] = /(openssl .*? > key\.txt);/.exec(stderr) ?? [];
    const folder = await session.folderWith({});
    execSync(make, { cwd: folder });
    secret().put('1'.repeat(32), await readFile(join(folder, 'key.txt'), 'utf8'), ['AWSCURRENT']);
    expect(Object.keys(accepted())).toEqual(['owner']);
  });

  it.each([
    ['', 'GetSecretValue'],
    ['show', 'GetSecretValue'],
    ['rotate', 'PutSecretValue'],
    ['rotate', 'UpdateSecretVersionStage'],
  ])('is denied, and what would allow it is printed: key %s, %s', async (command, action) => {
    session.secretsManager.faults.before(action, deny(`secretsmanager:${action}`, KEY_SECRET));
    const { exitCode, stderr } = await session.run(`key ${command}`);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`"Action":"secretsmanager:${action}"`);
    expect(stderr).toContain('secret:blink-logout-webhook-key-??????');
  });
});

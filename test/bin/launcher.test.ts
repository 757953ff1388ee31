import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { type SessionUnderTest, SIGN_IN_LINES, startSessionUnderTest } from './session/session-under-test.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(PROJECT, 'bin/blink-logout');

interface Ran {
  readonly exitCode: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

function run(file: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(file, [...args], { cwd, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ exitCode: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('the launcher', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blink logout '));
    await symlink(LAUNCHER, join(folder, 'link'));
    await symlink('link', join(folder, 'second link'));
    await symlink(join(PROJECT, 'bin'), join(folder, 'bin'));
    await mkdir(join(folder, 'project/bin'), { recursive: true });
    await copyFile(LAUNCHER, join(folder, 'project/bin/blink-logout'));
    await chmod(join(folder, 'project/bin/blink-logout'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    ['by its path', LAUNCHER],
    ['through a link', './link'],
    ['through a link to a link', './second link'],
    ['through a link to its folder', 'bin/blink-logout'],
  ])('runs from another folder, %s', async (_, path) => {
    const ran = await run(path, ['--version'], folder, { CDPATH: '/', PATH: '/usr/bin:/bin' });
    expect(ran).toEqual({ exitCode: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });

  test('names itself in messages by a path that works in the folder', async () => {
    expect((await run(LAUNCHER, ['frob'], folder)).stderr).toContain(`See: ${LAUNCHER} --help`);
    expect((await run(LAUNCHER, ['frob'], PROJECT)).stderr).toContain('See: bin/blink-logout --help');
  });

  test('says what to run where nothing is installed', async () => {
    const project = join(folder, 'project');
    const ran = await run(join(project, 'bin/blink-logout'), ['list'], folder);
    expect(ran).toMatchObject({ exitCode: 1, stdout: '' });
    expect(ran.stderr).toBe(`blink-logout is not installed. Run npm ci first, in ${project}\n`);
  });
});

describe('npm run session', () => {
  test.each([
    ['logout --all', 'kept --all for itself', 'logout --all'],
    [
      'logout phone --client-id=7 --yes',
      'kept --yes and --client-id for itself',
      'logout phone --yes --client-id 7',
    ],
    [
      'logout garden --region eu-central-1',
      'kept --region for itself',
      'logout garden eu-central-1 --region …',
    ],
    ['check garden --json', 'kept --json for itself', 'check garden --json'],
    ['logout garden --local', 'may have kept the option --local', 'logout garden'],
  ])('%s is refused with the right line', async (words, reason, line) => {
    const ran = await run('npm', ['run', '-s', 'session', ...words.split(' ')], PROJECT);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(`npm ${reason}`);
    expect(ran.stderr).toContain(`Run: bin/blink-logout ${line}\n`);
    expect(ran.stderr).toContain(`For the local run: bin/blink-logout ${line} --local\n`);
  });

  test.each([
    ['', 2, 'A command is missing.'],
    ['help no-such', 2, 'There is no such command.'],
  ])('%s is not about options that npm has kept', async (words, exitCode, message) => {
    const ran = await run('npm', ['run', '-s', 'session', ...words.split(' ').filter(Boolean)], PROJECT);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.stderr).toContain(message);
  });

  test('shows nothing in a refusal that may be a secret', async () => {
    const words = ['run', '-s', 'session', 'import', `eyJ${'a'.repeat(60)}`, `--from=${'b'.repeat(64)}`];
    const { stderr } = await run('npm', words, PROJECT);
    expect(stderr).toContain('Run: bin/blink-logout import … --from …\n');
  });

  test('takes options after "--", and paths in the folder in which npm was called', async () => {
    const words = [
      '--prefix',
      PROJECT,
      'run',
      '-s',
      'session',
      '--',
      'import',
      'x',
      '--from',
      'gone',
      '--local',
    ];
    const ran = await run('npm', words, tmpdir());
    expect(ran.stderr).toContain('The file could not be read (ENOENT).');
    expect(ran.exitCode).toBe(1);
  });
});

describe('a reader that closes its pipe', () => {
  let session: SessionUnderTest;
  beforeAll(async () => {
    session = await startSessionUnderTest();
  });
  afterAll(() => session.close());

  /** With stdout or stderr closed by its reader before anything is written. */
  async function runUnread(closed: 'stdout' | 'stderr', words: string, lines: readonly string[]) {
    const args = [...words.split(' '), '--local', '--port', String(session.port)];
    const child = spawn(LAUNCHER, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child[closed].destroy();
    const other = closed === 'stdout' ? child.stderr : child.stdout;
    let read = '';
    other.on('data', (chunk) => {
      read += chunk;
    });
    child.stdin.end(lines.map((line) => `${line}\n`).join(''));
    const [exitCode] = await once(child, 'close');
    return { exitCode, read };
  }

  describe.each(['stdout', 'stderr'] as const)('of %s', (closed) => {
    test.each([
      ['sign-in --password', SIGN_IN_LINES, 0],
      ['list', [], 0],
      ['logout', [], 0],
      ['logout unknown', [], 1],
      ['frob', [], 2],
    ])('does not change what %s does', async (words, lines, exitCode) => {
      const ran = await runUnread(closed, words, lines);
      expect(ran.exitCode).toBe(exitCode);
      expect(ran.read).not.toContain('EPIPE');
      if (words.startsWith('sign-in')) expect(session.stored().text).toContain('refreshToken');
      if (words === 'logout') expect(session.blink.logouts).toHaveLength(closed === 'stdout' ? 1 : 2);
    });
  });
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseCommandLine } from '../../bin/session/program.ts';
import { SIGN_IN_LINES, session, sessionForEachTest } from './session/session-under-test.ts';

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
  /** With a Node that prints its arguments. */
  let project: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'blink logout '));
    project = join(folder, 'project');
    await mkdir(join(project, 'bin'), { recursive: true });
    await mkdir(join(project, 'node_modules/node/bin'), { recursive: true });
    await copyFile(LAUNCHER, join(project, 'bin/blink-logout'));
    await writeFile(join(project, 'node_modules/node/bin/node'), '#!/bin/sh\nprintf "%s\\n" "$@"\n');
    for (const file of ['bin/blink-logout', 'node_modules/node/bin/node']) {
      await chmod(join(project, file), 0o755);
    }
    await symlink('project/bin/blink-logout', join(folder, 'link'));
    await symlink('link', join(folder, 'second link'));
    await symlink(join(project, 'bin'), join(folder, 'bin'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    ['by its path', 'project/bin/blink-logout'],
    ['through a link', './link'],
    ['through a link to a link', './second link'],
    ['through a link to its folder', 'bin/blink-logout'],
  ])('runs the project’s Node from another folder, %s', async (_, path) => {
    const ran = await run(path, ['list', '--stack', 'a b'], folder, { CDPATH: '/', PATH: '/usr/bin:/bin' });
    const stdout = `${join(project, 'bin/session.ts')}\nlist\n--stack\na b\n`;
    expect(ran).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  test('names itself in messages by a path that works in the folder', async () => {
    expect((await run(LAUNCHER, ['frob'], folder)).stderr).toContain(`See: ${LAUNCHER} --help`);
  });

  test('says what to run where nothing is installed', async () => {
    await rm(join(project, 'node_modules'), { recursive: true });
    const ran = await run(join(project, 'bin/blink-logout'), ['list'], folder);
    const stderr = `blink-logout is not installed. Run npm ci first, in ${project}\n`;
    expect(ran).toEqual({ exitCode: 1, stdout: '', stderr });
  });
});

describe('npm run session', () => {
  /** As npm starts it: what it has kept is in the environment. */
  const refusal = (words: string, kept: Readonly<Record<string, string>>) => {
    vi.stubEnv('npm_lifecycle_script', 'node bin/session.ts');
    for (const [name, value] of Object.entries(kept)) vi.stubEnv(`npm_config_${name}`, value);
    try {
      parseCommandLine(words.split(' ').filter(Boolean), { out: () => {} });
      return undefined;
    } catch (error) {
      return error;
    }
  };

  test.each<[words: string, kept: Readonly<Record<string, string>>, reason: string, line: string]>([
    ['logout', { all: 'true' }, 'kept --all for itself', 'logout --all'],
    ['logout a', { client_id: '7', yes: 'true' }, '--yes and --client-id', 'logout a --yes --client-id 7'],
    ['logout a eu-west-1', { region: 'true' }, 'kept --region for', 'logout a eu-west-1 --region …'],
    ['check garden', { json: 'true' }, 'kept --json for itself', 'check garden --json'],
    ['logout garden', {}, 'may have kept the option --local', 'logout garden'],
    [`import eyJ${'a'.repeat(60)}`, { from: 'b'.repeat(64) }, 'kept --from', 'import … --from …'],
  ])('%s with %j is refused with the right line', (words, kept, reason, line) => {
    expect(refusal(words, kept)).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(reason),
      advice: [`Run: bin/blink-logout ${line}`, `For the local run: bin/blink-logout ${line} --local`],
    });
  });

  test.each([
    ['', 'Expected a command'],
    ['check garden', undefined],
    ['logout garden --local', undefined],
  ])('“%s” is not about options that npm has kept', (words, message) => {
    const error = refusal(words, {});
    if (message === undefined) expect(error).toBeUndefined();
    else expect(String(error)).toContain(message);
  });

  test('is told by npm what it has kept, and in which folder npm was called', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'blink-logout-npm-'));
    const words = ['run', '-s', 'session', 'logout', 'phone', '--client-id=7', '--yes'];
    const ran = await run('npm', ['--prefix', PROJECT, ...words], folder);
    await rm(folder, { recursive: true });
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(`Run: ${LAUNCHER} logout phone --yes --client-id 7\n`);
  });
});

describe('a reader that closes its pipe', () => {
  sessionForEachTest();

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

  test('of stdout does not stop a sign-in', async () => {
    const ran = await runUnread('stdout', 'sign-in new --password', SIGN_IN_LINES);
    expect(ran.exitCode).toBe(0);
    expect(ran.read).not.toContain('EPIPE');
    expect(session.stored('new').text).toContain('refreshToken');
  });

  test('of stderr does not stop a logout', async () => {
    session.storeSignedIn();
    expect(await runUnread('stderr', 'logout', [])).toMatchObject({ exitCode: 0 });
    expect(session.blink.logouts).toHaveLength(1);
  });
});

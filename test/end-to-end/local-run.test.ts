import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from '../../bin/session/main.ts';
import { runLocally } from '../../local/run-locally.ts';
import { freePort } from '../free-port.ts';
import { assembly } from './assembly.ts';

let temporary: string;

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'blink-logout-test-'));
});
afterAll(() => rm(temporary, { recursive: true }));

function start(command: string, args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(command, args, {
    env: {
      PATH: process.env['PATH'],
      HOME: homedir(),
      TMPDIR: temporary,
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const texts = Promise.all(
    [child.stdout, child.stderr].map((stream) => stream.setEncoding('utf8').toArray()),
  );
  const closed = once(child, 'close');
  return {
    child,
    /** What was printed, by both streams, and the exit code. */
    async end() {
      await closed;
      return { exitCode: child.exitCode, text: (await texts).flat().join('') };
    },
  };
}

/** Without what differs from run to run: times, tokens and versions. */
function withoutFigures(text: string): string {
  return text
    .replaceAll(/eyJ.….{4}/g, 'token')
    .replaceAll(/version [0-9a-f]{8}/g, 'version')
    .replaceAll(/\d+/g, 'n');
}

/** npm leaves its own compile cache. */
async function leftBehind(): Promise<readonly string[]> {
  return (await readdir(temporary)).filter((name) => name !== 'node-compile-cache');
}

/** The lines that begin with `WEBHOOK_URL=`, as a person pastes them; for a session of its own. */
async function paste(block: string, session: string): Promise<unknown> {
  const lines = block.replace(/^WEBHOOK_URL=.*$/m, `$&/${session}`);
  const { stdout } = await promisify(execFile)('bash', ['-euc', lines]);
  return JSON.parse(stdout);
}

describe('npm start -- --serve', () => {
  let port: string;
  let local: ReturnType<typeof start>;
  let text = '';

  beforeAll(async () => {
    port = String(await freePort());
    local = start('npm', ['start', '--silent', '--', '--serve', '--port', port]);
    local.child.stdout.on('data', (part) => {
      text += part;
    });
    await vi.waitUntil(() => text.includes('Ctrl-C'), { timeout: 50_000 });
  });

  async function doctor() {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const printed = textOf(stdout);
    const words = ['doctor', '--local', '--port', port];
    const exitCode = await main(words, { stdin: Readable.from([]), stdout, stderr });
    stdout.end();
    return { exitCode, lines: (await printed).trimEnd().split('\n') };
  }

  test('logs out through each trigger, and prints plain text', () => {
    expect(text).toContain('All 5 steps succeeded');
    expect(text.match(/✓ .*(?=, \d+ ms)/g)).toEqual([
      '✓ ready',
      '✓ logged_out',
      '✓ logged_out',
      '✓ logged_out',
      '✓ default: logged_out',
      '✓ home-assistant: logged_out',
      '✓ homebridge: logged_out',
    ]);
    expect(text).toMatch(/eyJ.….{4} \(version [0-9a-f]{8}\) → eyJ.….{4} \(version [0-9a-f]{8}\)/);
    expect(text).not.toMatch(/eyJ[\w-]{5}/);
    expect(text).toBe(stripVTControlCharacters(text));
    expect(text, 'fits 80 columns').not.toMatch(/^(?!WEBHOOK_KEY).{81}/m);
  });

  test('is shown by the picture as it is', async () => {
    const picture = await readFile(new URL('../../docs/terminal.svg', import.meta.url), 'utf8');
    const [, ...lines] = picture.split(/.*">/);
    const pictured = lines.join('').replaceAll('</text>', '');
    const [steps = ''] = /^3\..*(?=^5\.)/ms.exec(pictured) ?? [];
    expect(withoutFigures(text)).toContain(withoutFigures(steps));
    expect(steps).toContain('✓ logged_out');
  });

  test('opens the webhook to the lines that it prints, and shows each call', async () => {
    const [block = ''] = /^WEBHOOK_URL=.*\nWEBHOOK_KEY=.*\nprintf .*\n.* curl .*$/m.exec(text) ?? [];
    const checking = block.replace('-X POST', `-d '{"action":"check"}' -H 'content-type: application/json'`);
    // Not the default session: a process may have read it ahead, a second ago.
    expect(await paste(block, 'homebridge')).toMatchObject({ outcome: 'logged_out' });
    expect(await paste(checking, 'homebridge')).toMatchObject({ condition: 'logged_out' });
    expect(await paste(block, 'nowhere')).toMatchObject({ code: 'session_unknown' });
    const called = '/api/v4/account/100003/client/300003/logout';
    const shown = [
      '00:00:00  to Blink POST api.oauth.blink.com/oauth/token',
      `00:00:00  to Blink POST rest-prde.immedia-semi.com${called}`,
      '00:00:00  webhook homebridge  logged_out, 0 ms (warm)',
      '00:00:00  webhook check homebridge  logged_out, 0 ms (warm)',
      '00:00:00  webhook nowhere  session_unknown, 0 ms (warm)',
    ].join('\n');
    await vi.waitFor(() => expect(withoutFigures(text)).toContain(withoutFigures(shown)));
  });

  test('is in order, as doctor --local finds', async () => {
    const { exitCode, lines } = await doctor();
    expect(lines).toEqual([
      '✓ function  The function can read the session default.',
      '✓ webhook   The webhook refuses strangers (401) and accepts the key.',
      '✓ sessions  None of 3 sessions needs you.',
    ]);
    expect(exitCode).toBe(0);
  });

  test('is ended by an interrupt, leaves nothing behind, and is then missed by doctor --local', async () => {
    // As a terminal does: to all of its processes. npm passes on what it receives.
    for (const signal of ['SIGINT', 'SIGINT'] as const) process.kill(-(local.child.pid ?? 0), signal);
    expect((await local.end()).text).not.toContain('Error');
    expect(await leftBehind()).toEqual([]);
    const { exitCode, lines } = await doctor();
    const wrong = lines.filter((line) => line.startsWith('✗'));
    const advised = lines.filter((line) => line.includes(`npm start -- --serve --port ${port}`));
    expect([exitCode, wrong.length, advised.length]).toEqual([1, 2, 1]);
  });
});

test('a reader that does not read ends it, and nothing is left behind', async () => {
  const command = `set -o pipefail; ${process.execPath} bin/local.ts | true`;
  expect(await start('bash', ['-c', command]).end()).toEqual({ exitCode: 130, text: '' });
  expect(await leftBehind()).toEqual([]);
});

test('without --serve it ends after its steps', async () => {
  vi.spyOn(console, 'log').mockReturnValue();
  const { signal } = new AbortController();
  expect(await runLocally({ serve: false, verbose: false, assembly: await assembly(), signal })).toBe(true);
});

test('after a step that fails, it runs no other; --verbose shows what the function printed', async () => {
  const printed: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void printed.push(stripVTControlCharacters(line)));
  const changed = join(temporary, 'assembly');
  await cp(await assembly(), changed, { recursive: true });
  const template = join(changed, 'blink-logout.template.json');
  await writeFile(template, (await readFile(template, 'utf8')).replaceAll('init.handler', 'init.absent'));
  const { signal } = new AbortController();
  expect(await runLocally({ serve: false, verbose: true, assembly: changed, signal })).toBe(false);
  expect(printed.join('\n')).toMatch(/"errorMessage": "handler is not a function"[\s\S]*^Step 1 failed\./m);
  await rm(changed, { recursive: true });
});

test.each(['blink-logout on this machine', '1. '])('an interrupt after "%s" ends it', async (shown) => {
  const stop = new AbortController();
  vi.spyOn(console, 'log').mockImplementation((line) => {
    if (stripVTControlCharacters(line).startsWith(shown)) stop.abort();
  });
  const ran = runLocally({ serve: true, verbose: false, assembly: await assembly(), signal: stop.signal });
  await expect(ran).rejects.toThrow('aborted');
});

test.each([
  [['--port', 'eighty'], {}, 'A port is a whole number from 1 to 65532.'],
  [
    ['9000'],
    { serve: 'true', port: 'true' },
    'npm kept --serve and --port for itself. Run: npm start -- --serve --port …',
  ],
  [['serve'], {}, 'keep listening'],
])('%j is refused with what is accepted, and exits with 2, if npm has kept %j', async (args, kept, told) => {
  const env = {
    npm_lifecycle_script: 'node bin/local.ts',
    ...Object.fromEntries(Object.entries(kept).map(([name, value]) => [`npm_config_${name}`, value])),
  };
  const { exitCode, text } = await start(process.execPath, ['bin/local.ts', ...args], env).end();
  expect(text).toContain(told);
  expect(exitCode).toBe(2);
});

test('a port that is taken is named at once', async () => {
  const port = await freePort();
  const taken = createServer().listen(port + 1, '127.0.0.1');
  await once(taken, 'listening');
  const local = start(process.execPath, ['bin/local.ts', '--serve', '--port', String(port)]);
  const { exitCode, text } = await local.end();
  taken.close();
  expect(text).toMatch(new RegExp(`^Port ${port + 1} is in use. A local run may be running already`));
  expect(text).not.toMatch(/^ +at /m);
  expect(exitCode).toBe(1);
});

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { main } from '../../../bin/session/main.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import type { AccountSeed } from '../../../local/blink/accounts.ts';
import { type BlinkStandIn, startBlink } from '../../../local/blink/start-blink.ts';
import { localPorts } from '../../../local/local-ports.ts';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../local/secrets-manager/start-secrets-manager.ts';
import { blocksOf, sectionOf } from '../../docs/markdown.ts';
import { freePort } from '../../free-port.ts';
import { Browser } from '../../local/blink/browser.ts';

export const EMAIL = 'canary.person@example.com';
export const PASSWORD = 'canary-password-7391';
export const CODE = '481516';
export const KEY_SECRET = 'blink-logout-webhook-key';

/** Each answers the sign-in in another way. */
export const ACCOUNTS = {
  byCode: {
    email: EMAIL,
    password: PASSWORD,
    tier: 'e008',
    accountId: 100_001,
    userId: 1,
    code: CODE,
  },
  plain: {
    email: 'canary.plain@example.com',
    password: PASSWORD,
    tier: 'u011',
    accountId: 100_002,
    userId: 2,
  },
} as const;

/** The address of Blink's page, which may be shown. */
export const PAGE = /^http\S+\/oauth\/v2\/authorize\?\S+$/m;

/** Of the webhook. */
const KEY = /\b[A-Za-z0-9]{64}\b/;

export const AWS_KEYS = { AWS_ACCESS_KEY_ID: 'AKIACANARY', AWS_SECRET_ACCESS_KEY: 'canary-secret-key' };

export const SIGN_IN_LINES = [EMAIL, PASSWORD, CODE];

/** Signs in as a person does in a browser. Resolves with the address at the end. */
export async function signInAt(page: URL): Promise<string> {
  const browser = new Browser();
  await browser.open(page.href);
  await browser.submit('Sign in', { 'E-mail address': EMAIL, Password: PASSWORD });
  await browser.submit('Continue', { Code: CODE });
  return browser.address;
}

const { wait } = realTiming;

/** Runs do not pause in earnest. What has a signal is a limit of time, and stays. */
export function hurry(): void {
  vi.spyOn(realTiming, 'wait').mockImplementation((ms, signal) =>
    signal === undefined ? wait(ms / 50) : wait(ms, signal),
  );
}

const EXAMPLES = blocksOf(sectionOf('docs/commands.md', 'For scripts'), 'json')
  .flatMap((block) => block.trim().split('\n'))
  .map((line): unknown => JSON.parse(line));

/** Every document that a command prints with `--json` has only keys of one of the examples in docs/commands.md. */
function expectDocumented(stdout: string): void {
  const document: unknown = JSON.parse(stdout);
  expect(
    EXAMPLES.some((example) => covers(example, document)),
    `${stdout} has no example in docs/commands.md`,
  ).toBe(true);
}

function covers(example: unknown, found: unknown): boolean {
  if (Array.isArray(found)) {
    return Array.isArray(example) && found.every((each) => example.some((one) => covers(one, each)));
  }
  if (typeof found !== 'object' || found === null) return typeof found === typeof example;
  const keys = new Map(Object.entries(example ?? {}));
  return Object.entries(found).every(([key, value]) => keys.has(key) && covers(keys.get(key), value));
}

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RanOnPage extends Ran {
  /** The page whose address is shown. */
  readonly page: URL;
  /** The address at the end. */
  readonly end: URL;
}

/** Of the current test. */
export let session: SessionUnderTest;

/** Each test of the file, or of the block, has a session of its own. */
export function sessionForEachTest(): void {
  beforeEach(() => startSession());
  afterEach(() => session.close());
}

/**
 * With stand-ins on ports that follow each other, as the local run has them.
 * @param plain what differs in the account `plain`
 */
export async function startSession(plain: Partial<AccountSeed> = {}): Promise<void> {
  hurry();
  const port = await freePort();
  const ports = localPorts(port);
  const accounts = [ACCOUNTS.byCode, { ...ACCOUNTS.plain, ...plain }];
  const [secretsManager, blink] = await Promise.all([
    startSecretsManager({ port: ports.secretsManager }),
    startBlink({ accounts, port: ports.blink }),
  ]);
  secretsManager.secrets.create(KEY_SECRET, randomBytes(32).toString('hex'));
  session = new SessionUnderTest(port, secretsManager, blink);
}

/** The commands beside their stand-ins, with all that they ever print. */
class SessionUnderTest {
  readonly port: number;
  readonly secretsManager: SecretsManagerStandIn;
  readonly blink: BlinkStandIn;
  readonly #printed: string[] = [];
  readonly #folders: string[] = [];

  constructor(port: number, secretsManager: SecretsManagerStandIn, blink: BlinkStandIn) {
    this.port = port;
    this.secretsManager = secretsManager;
    this.blink = blink;
  }

  /** A command with `--local`, as a script runs it: `lines` are piped in. */
  run(command: string, lines: readonly string[] = []): Promise<Ran> {
    const stdin = Readable.from(lines.map((line) => Buffer.from(`${line}\n`)));
    return this.#run(`${command} --local --port ${this.port}`, stdin);
  }

  /** A command with `--local`, as a script runs it that signs in on Blink's page and pipes in the address at the end. */
  async runOnPage(command: string, change = (address: string) => address): Promise<RanOnPage> {
    const stdin = new PassThrough();
    const stderr = new PassThrough();
    const { promise, resolve } = Promise.withResolvers<Pick<RanOnPage, 'page' | 'end'>>();
    stderr.on('data', async (shown) => {
      const [address] = PAGE.exec(String(shown)) ?? [];
      if (address === undefined) return;
      const page = new URL(address);
      const end = await signInAt(page);
      resolve({ page, end: new URL(end) });
      stdin.end(`${change(end)}\n`);
    });
    const ran = await this.#run(`${command} --local --port ${this.port}`, stdin, stderr);
    return { ...ran, ...(await promise) };
  }

  /** A command against an AWS account. Needs `setAwsEnvironment`. */
  runAtAws(command: string): Promise<Ran> {
    return this.#run(command, Readable.from([]));
  }

  async #run(command: string, stdin: Readable, stderr = new PassThrough()): Promise<Ran> {
    const words = command.split(' ').filter((word) => word !== '');
    const stdout = new PassThrough();
    const texts = [text(stdout), text(stderr)] as const;
    const exitCode = await main(words, { stdin, stdout, stderr });
    stdout.end();
    stderr.end();
    const ran = { exitCode, stdout: await texts[0], stderr: await texts[1] };
    const printsKey = /^key (add|show) /.test(command);
    this.printed(printsKey ? ran.stdout.replace(KEY, '') : ran.stdout);
    this.printed(ran.stderr.replace(PAGE, ''));
    if (words.includes('--json') && ran.stdout !== '') expectDocumented(ran.stdout);
    return ran;
  }

  /** Replaces what is set for AWS on this machine: it has only Secrets Manager. */
  setAwsEnvironment(environment: Readonly<Record<string, string>>): void {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    const ours = {
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: this.secretsManager.url,
    };
    for (const [name, value] of Object.entries({ ...ours, ...environment })) vi.stubEnv(name, value);
  }

  /** The current text and labels of a session. */
  stored(name = 'default') {
    return this.secretsManager.secrets.find(`blink-logout/${name}`).version({});
  }

  /** Makes a session as if by hand. */
  store(stored: string, name = 'default'): void {
    this.secretsManager.secrets.create(`blink-logout/${name}`, stored);
  }

  /** Makes a session of the account `byCode`, signed in as the client 7000001. */
  storeSignedIn(): void {
    const ids = { accountId: 100_001, clientId: 7_000_001 };
    const refreshToken = this.blink.seedSession(ids);
    this.store(JSON.stringify({ refreshToken, oauthClientId: 'ios', tier: 'e008', ...ids }));
  }

  /** Gives the path of a file that is gone in the end. */
  async fileWith(content: string | Buffer): Promise<string> {
    return join(await this.folderWith({ tokens: content }), 'tokens');
  }

  /** Gives the path of a folder with these files, which is gone in the end. */
  async folderWith(contents: Readonly<Record<string, string | Buffer>>): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'blink-logout-session-'));
    this.#folders.push(folder);
    for (const [name, content] of Object.entries(contents)) await writeFile(join(folder, name), content);
    return folder;
  }

  printed(text: string): void {
    this.#printed.push(text);
  }

  /** Whatever the commands did: no token was spent twice, and no secret was printed. */
  async close(): Promise<void> {
    await this.secretsManager.close();
    await this.blink.close();
    for (const folder of this.#folders) await rm(folder, { recursive: true });
    expect(this.blink.tokens.doubleSpends).toBe(0);
    const printed = this.#printed.join('\n');
    for (const secret of [EMAIL, ACCOUNTS.plain.email, PASSWORD, CODE]) expect(printed).not.toContain(secret);
    expect(printed).not.toMatch(/eyJ[\w-]{5}/);
    expect(printed).not.toMatch(KEY);
  }
}

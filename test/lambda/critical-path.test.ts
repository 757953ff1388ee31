import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { buildFunction } from '../../lib/function-bundle.ts';
import { signIn } from '../../local/local-session.ts';
import { ACCOUNT } from '../lib/bundle/bundle-under-test.ts';
import { LockStep } from './lock-step.ts';
import { WEBHOOK } from './logout/run-under-test.ts';

const OAUTH = 'connect to api.oauth.blink.com';
const REST = 'connect to rest-e008.immedia-semi.com';
/** The current version, the journal, and what 0.2.0 has left. */
const READ = ['GetSecretValue', 'GetSecretValue', 'GetSecretValue'];
/** From the claim on, one answer after another. */
const AFTER_THE_CLAIM = [
  ['Blink: refresh'],
  ['PutSecretValue'], // the new token
  ['UpdateSecretVersionStage'], // AWSCURRENT
  ['Blink: logout'],
  ['UpdateSecretVersionStage'], // BLINK_LOGGED_OUT
];
const CLAIM = 'PutSecretValue';
const SCHEDULED = { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} };

let directory: string;
let lockStep: LockStep;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'blink-logout-'));
  await buildFunction(directory);
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(async () => {
  lockStep = await LockStep.start(join(directory, 'init.mjs'));
  for (const [index, name] of ['default', 'garden', 'shed', 'refused'].entries()) {
    signIn(lockStep, { name, form: 'blinkpy', accountId: ACCOUNT.accountId, clientId: 300_000 + index });
  }
  lockStep.blink.tokens.revoke(ACCOUNT.accountId, 300_003);
  const refreshToken = lockStep.blink.seedSession({ ...ACCOUNT, clientId: 400_000 });
  const text = JSON.stringify({ refresh_token: refreshToken });
  lockStep.secretsManager.secrets.create('blink-logout/bare', text);
});
afterEach(() => lockStep.close());

/** The calls of a process, one after the other. Before those that are idle, no connection may be used any more. */
const CALLS: readonly (readonly [what: string, event: unknown, steps: readonly (readonly string[])[]])[] = [
  ['first: the claim waits for nothing', WEBHOOK, [[CLAIM, REST], ...AFTER_THE_CLAIM]],
  ['warm: no connection opens', { session: 'garden' }, [READ, [CLAIM], ...AFTER_THE_CLAIM]],
  ['idle: both open beside the claim', { session: 'shed' }, [READ, [CLAIM, OAUTH, REST], ...AFTER_THE_CLAIM]],
  [
    'idle: no tier is stored, and none is guessed',
    { session: 'bare' },
    [READ, [CLAIM, OAUTH], ['Blink: refresh']],
  ],
  ['idle: a check opens none', { action: 'check' }, [READ]],
  ['idle: a repeated delivery opens none', {}, [READ]],
  ['a token that Blink refuses', { session: 'refused' }, [READ, [CLAIM, OAUTH, REST], ['Blink: refresh']]],
  ['idle: a token that Blink has refused opens none', { session: 'refused' }, [READ]],
];

it('what waits for what, from the initialization on', async () => {
  // The connection to the OAuth host waits for nothing; beside it, the webhook's key and the one before are read.
  const initialization = [['GetSecretValue', 'GetSecretValue', OAUTH], READ];
  expect(await lockStep.initialize()).toEqual(initialization);
  for (const [what, event, steps] of CALLS) {
    if (what.startsWith('idle')) lockStep.idle();
    const call = await lockStep.invoke(event);
    expect(call.steps.slice(0, steps.length), what).toEqual(steps);
    if (steps.length === 1) expect(call.steps, what).toHaveLength(1);
    await call.reply.catch(() => undefined);
  }
  const lines = vi.mocked(process.stdout.write).mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(lines.map(({ coldStart }) => coldStart)).toEqual(CALLS.map((_, index) => index === 0));
  const ends = lines.map(({ message }) => message);
  expect(ends.slice(4)).toEqual([
    ...['logged_out', 'already_logged_out'],
    ...['reauthentication_required', 'reauthentication_required'],
  ]);
});

it('a first call by the schedule waits for what one by the webhook waits for', async () => {
  await lockStep.initialize();
  expect((await lockStep.invoke(SCHEDULED)).steps).toEqual([[CLAIM, REST], ...AFTER_THE_CLAIM]);
});

it('the connection that is opened before the code loads is the one that TLS begins on', async () => {
  const firstBytes: (number | undefined)[] = [];
  const server = createServer((socket) => {
    const index = firstBytes.push(undefined) - 1;
    socket
      .on('error', () => undefined)
      .on('data', ([first]) => {
        firstBytes[index] = first;
      });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('BLINK_ENDPOINT', `https://127.0.0.1:${port}`);
  await lockStep.initialize();
  // The limit of TLS. That of the early connection is over.
  expect(vi.getTimerCount()).toBe(1);
  await vi.waitFor(() => expect(firstBytes).toContain(0x16)); // a TLS handshake (RFC 8446 section 5.1)
  expect(firstBytes).toHaveLength(1);
});

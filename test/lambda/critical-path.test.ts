import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { buildFunction } from '../../lib/function-bundle.ts';
import { signIn } from '../../local/local-session.ts';
import { ACCOUNT, LockStep } from './lock-step.ts';
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
  for (const [index, name] of ['default', 'garden'].entries()) {
    signIn(lockStep, { name, form: 'blinkpy', accountId: ACCOUNT.accountId, clientId: 300_000 + index });
  }
});
afterEach(() => lockStep.close());

/** A later call of a process whose connections have been idle for too long. */
async function afterIdling(event: unknown) {
  await lockStep.invoke({ action: 'check' });
  lockStep.idle();
  const { steps } = await lockStep.invoke(event);
  return steps;
}

describe('what waits for what', () => {
  it('in the initialization: the connection to the OAuth host waits for nothing', async () => {
    expect(await lockStep.initialize()).toEqual([
      ['GetSecretValue', 'GetSecretValue', OAUTH], // the webhook's key, and the one before
      READ,
    ]);
  });

  it.each([
    ['webhook', WEBHOOK],
    ['schedule', SCHEDULED],
  ])(
    'in the first call, by %s: the claim waits for nothing, the connection to the REST host for the tier',
    async (_trigger, event) => {
      await lockStep.initialize();
      expect((await lockStep.invoke(event)).steps).toEqual([[CLAIM, REST], ...AFTER_THE_CLAIM]);
    },
  );

  it('in a call after idling: both connections open beside the claim', async () => {
    expect(await afterIdling({ session: 'garden' })).toEqual([
      READ,
      [CLAIM, OAUTH, REST],
      ...AFTER_THE_CLAIM,
    ]);
  });

  it('in a warm call: no connection opens', async () => {
    await lockStep.invoke(WEBHOOK);
    expect((await lockStep.invoke({ session: 'garden' })).steps).toEqual([READ, [CLAIM], ...AFTER_THE_CLAIM]);
  });
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

it('only the first call of a process is a cold start', async () => {
  for (const _ of [1, 2, 3]) await lockStep.invoke({ action: 'check' });
  const lines = vi.mocked(process.stdout.write).mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(lines.map(({ coldStart }) => coldStart)).toEqual([true, false, false]);
});

describe('after idling, no connection to Blink opens', () => {
  it('for a check', async () => {
    expect(await afterIdling({ action: 'check' })).toEqual([READ]);
  });

  it('for a repeated delivery', async () => {
    await lockStep.invoke(WEBHOOK);
    lockStep.idle();
    const { steps, reply } = await lockStep.invoke({});
    expect(steps).toEqual([READ]);
    expect(await reply).toMatchObject({ outcome: 'already_logged_out' });
  });

  it('for a refresh token that Blink has refused', async () => {
    lockStep.blink.tokens.revoke(ACCOUNT.accountId, 300_000);
    await lockStep.invoke(WEBHOOK);
    lockStep.idle();
    const { steps, reply } = await lockStep.invoke({});
    expect(steps).toEqual([READ]);
    await expect(reply).rejects.toMatchObject({ name: 'reauthentication_required' });
  });
});

it('for a session without a stored tier, no REST host is guessed', async () => {
  const refreshToken = lockStep.blink.seedSession({ ...ACCOUNT, clientId: 400_000 });
  lockStep.secretsManager.secrets.create(
    'blink-logout/bare',
    JSON.stringify({ refresh_token: refreshToken }),
  );
  const steps = await afterIdling({ session: 'bare' });
  expect(steps.slice(0, 3)).toEqual([READ, [CLAIM, OAUTH], ['Blink: refresh']]);
});

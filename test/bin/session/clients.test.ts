import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountSeed } from '../../../local/blink/accounts.ts';
import { json } from '../../../local/blink/answers.ts';
import { ACCOUNTS, session, startSession } from './session-under-test.ts';

const ACCOUNT_ID = ACCOUNTS.plain.accountId;
const PHONE = { id: 4711, name: 'Ada’s\u001b[31m phone', lastLoginMs: Date.now() - 3 * 86_400_000 };

afterEach(() => session.close());

async function start(account: Partial<AccountSeed> = {}): Promise<void> {
  await startSession({ clients: [PHONE], ...account });
  const token = session.blink.seedSession({ accountId: ACCOUNT_ID, clientId: 77 });
  session.store(
    JSON.stringify({
      refresh_token: token,
      host: 'u011.immedia-semi.com',
      account_id: ACCOUNT_ID,
      client_id: '77',
    }),
  );
}

/** The newest refresh token is stored, and the next run can begin at once. */
async function expectStoredAndFree(): Promise<void> {
  expect(session.stored().text).toContain(session.blink.tokens.newest(77));
  expect(JSON.parse((await session.run('check --json')).stdout)).toMatchObject({
    usable: true,
    condition: 'ready',
  });
}

describe('clients', () => {
  beforeEach(() => start());

  it('lists the account’s clients and marks the session’s own', async () => {
    const { exitCode, stdout } = await session.run('clients');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('4711    Ada’s [31m phone  last used 3 days ago\n');
    expect(stdout).toMatch(/^77 {6}\(without a name\) +last used \d+ seconds? ago {2}\(this is default\)\n/m);
    expect(session.blink.calls.map(({ action }) => action)).toEqual(['refresh', 'clients']);
    await expectStoredAndFree();
  });

  it('says which name a session of ours has that was signed in with a password', async () => {
    expect((await session.run('clients')).stdout).not.toContain('iPhone16,1');
    session.blink.accounts.addClient(ACCOUNT_ID, { id: 5, name: 'iPhone16,1' });
    const { stdout } = await session.run('clients');
    expect(stdout).toContain('A session that was signed in with --password appears as “iPhone16,1”.');
  });

  it('prints one document with --json', async () => {
    expect(JSON.parse((await session.run('clients --json')).stdout)).toEqual({
      session: 'default',
      accountId: ACCOUNT_ID,
      clients: [
        {
          clientId: '4711',
          name: 'Ada’s [31m phone',
          lastUse: new Date(PHONE.lastLoginMs).toISOString(),
          isThisSession: false,
        },
        { clientId: '77', lastUse: expect.any(String), isThisSession: true },
      ],
    });
  });

  it('asks by the path of the app’s newer versions first, and by the older one if that is not found', async () => {
    session.blink.faults.before('clients', { do: 'answer', answer: json(404, {}) }, { times: 1 });
    expect(await session.run('clients')).toMatchObject({ exitCode: 0 });
    expect(session.blink.calls.filter(({ action }) => action === 'clients').map(({ path }) => path)).toEqual([
      '/api/v1/clients/77/control_panel/clients',
      `/api/v1/accounts/${ACCOUNT_ID}/clients/77/control_panel/clients`,
    ]);
  });

  it.each([
    ['a last use in seconds', { last_login: 1_767_225_600 }, { lastUse: '2026-01-01T00:00:00.000Z' }],
    ['another name of a field', { deviceName: 'tablet' }, { name: 'tablet' }],
    ['an empty name beside another', { name: ' ', client_name: 'tablet' }, { name: 'tablet' }],
    ['no usable field', { name: 5, last_login: 'never' }, {}],
  ])('reads a client with %s', async (_, fields, read) => {
    const answer = json(200, { clients: [{ id: '5', ...fields }] });
    session.blink.faults.before('clients', { do: 'answer', answer });
    const { clients } = JSON.parse((await session.run('clients --json')).stdout);
    expect(clients).toEqual([{ clientId: '5', isThisSession: false, ...read }]);
  });

  it('lets Blink rest after a 429, as a logout does', async () => {
    session.blink.faults.before('clients', { do: 'answer', answer: json(429, {}) });
    expect(await session.run('clients')).toMatchObject({ exitCode: 1 });
    const { stderr } = await session.run('logout');
    expect(stderr).toContain('is not asked again yet');
    expect(session.blink.tokens.refreshes).toBe(1);
  });

  it('spends nothing if another run holds the session', async () => {
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action !== 'clients' || moment !== 'before') return undefined;
      expect(await session.run('clients')).toMatchObject({ exitCode: 1 });
      return undefined;
    };
    expect(await session.run('clients')).toMatchObject({ exitCode: 0 });
    expect(session.blink.tokens.refreshes).toBe(1);
  });
});

describe('clients, where Blink does not give the list, says so and keeps the new token', () => {
  it.each([
    [401, 'it may want a PIN first'],
    [403, 'it may want a PIN first'],
    [404, 'has no list of clients'],
    [200, 'has an unknown form'],
    [500, 'answered the client list with status 500'],
  ])('status %i', async (status, message) => {
    await start();
    session.blink.faults.before('clients', { do: 'answer', answer: json(status, {}) });
    const ran = await session.run('clients');
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(message) });
    await expectStoredAndFree();
  });
});

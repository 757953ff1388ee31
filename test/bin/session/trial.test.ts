import { afterEach, describe, expect, it } from 'vitest';
import type { AccountSeed } from '../../../local/blink/accounts.ts';
import { json } from '../../../local/blink/answers.ts';
import { ACCOUNTS, type Ran, type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

const SESSION = 'garden';
const CLIENT_ID = 7_700_077;
const OTHER_CLIENT_ID = 4_711_471;
const { accountId, tier } = ACCOUNTS.plain;
/** What a report must not contain, beside secrets. */
const IDS = [SESSION, CLIENT_ID, OTHER_CLIENT_ID, accountId, tier, 'Ada’s phone'].map(String);

let session: SessionUnderTest;

async function start(account: Partial<AccountSeed> = {}, fields: object = {}): Promise<void> {
  session = await startSessionUnderTest({
    clients: [{ id: OTHER_CLIENT_ID, name: 'Ada’s phone' }],
    ...account,
  });
  const token = session.blink.seedSession({ accountId, clientId: CLIENT_ID });
  const known = { host: `${tier}.immedia-semi.com`, account_id: accountId, client_id: String(CLIENT_ID) };
  session.store(JSON.stringify({ refresh_token: token, ...known, ...fields }), SESSION);
}

/** Runs the trial and reads its report, which is on stdout. */
async function tried(options = ''): Promise<{ ran: Ran; report: ReturnType<typeof JSON.parse> }> {
  const ran = await session.run(`trial ${SESSION} --yes --json ${options}`);
  return { ran, report: JSON.parse(ran.stdout) };
}

function results({ steps }: { steps: readonly Record<string, unknown>[] }): readonly unknown[] {
  return steps.map(({ step, result, code }) =>
    [step, result, ...(code === undefined ? [] : [code])].join(' '),
  );
}

function expectNoIds(text: string): void {
  for (const id of IDS) expect(text).not.toContain(id);
}

afterEach(async () => {
  expect(session.stored(SESSION).text).toContain(session.blink.tokens.newest(CLIENT_ID));
  expect(session.blink.tokens.doubleSpends).toBe(0);
  session.expectNothingPrintedInClear();
  await session.close();
});

describe('trial', () => {
  it('finds that the refresh token does not survive; later runs say nothing_to_log_out', async () => {
    await start();
    const { ran, report } = await tried();
    expect(ran.exitCode).toBe(0);
    expect(results(report)).toEqual([
      'refresh done',
      'log_out done',
      'refresh_after_logout failed reauthentication_required',
    ]);
    expect(report).toMatchObject({ place: 'local', refreshTokenSurvivesLogout: 'no' });
    expect(report).not.toHaveProperty('logsOutOtherClients');
    expectNoIds(ran.stdout);

    session.secretsManager.clock.advanceMs(24 * 3_600_000);
    const { stdout } = await session.run(`logout ${SESSION} --json`);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'nothing_to_log_out' });
  });

  it('reports beforehand that the session was logged out before', async () => {
    await start();
    await session.run(`logout ${SESSION}`);
    const { exitCode, stderr } = await session.run(`trial ${SESSION} --yes`);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^garden was logged out before.*This trial logs out garden/ms);
  });

  it('finds that the refresh token survives; the next logout works', async () => {
    await start({ keepsRefreshTokenAtLogout: true });
    const { ran, report } = await tried();
    expect(ran.exitCode).toBe(0);
    expect(report).toMatchObject({ refreshTokenSurvivesLogout: 'yes' });
    expect(await session.run(`logout ${SESSION}`)).toMatchObject({ exitCode: 0 });
  });

  it('shows each call with --verbose: path, status, code and the names of headers, and no id', async () => {
    await start({ knowsNewerLogoutOnly: true });
    session.blink.faults.after('logout', {
      do: 'answer',
      answer: json(404, { code: 404 }, { [`x-client-${CLIENT_ID}`]: '1' }),
    });
    const { stderr } = await session.run(`trial ${SESSION} --yes --json --verbose`);
    expect(stderr).toMatch(/ {2}POST api\.oauth\.blink\.com\/oauth\/token\n {4}200, \d+ ms\n {4}headers: /);
    expect(stderr).toMatch(
      /POST rest-\{tier\}\.immedia-semi\.com\/api\/v4\/account\/\{id\}\/client\/\{id\}\/logout\n {4}404, code 404, .*\n.*\(other\)/,
    );
    expect(stderr).toMatch(/\/api\/v4\/clients\/\{id\}\/logout\n {4}200/);
    expect(stderr).toMatch(/400, code invalid_grant/);
    expectNoIds(stderr);
  });

  it.each([
    [{}, 'done', 'yes'],
    [{ logsOutOtherClients: false }, 'failed blink_rejected', 'no'],
    [{ clients: [] }, 'nothing_to_log_out', 'unknown'],
    [{ clients: [], clientList: 'absent' }, 'failed blink_rejected', 'unknown'],
  ] as const)('tries the logout of another client before its own: %j', async (account, result, finding) => {
    await start({ keepsRefreshTokenAtLogout: true, ...account });
    const { ran, report } = await tried(`--client-id ${OTHER_CLIENT_ID}`);
    expect(results(report)).toEqual([
      'refresh done',
      `log_out_other_client ${result}`,
      'log_out done',
      'refresh_after_logout done',
    ]);
    expect(report).toMatchObject({ refreshTokenSurvivesLogout: 'yes', logsOutOtherClients: finding });
    expectNoIds(ran.stdout);
    expect(ran.stderr).toBe('');
  });

  it('prints a report that can be published, and what follows', async () => {
    await start({ clientList: 'behind PIN' });
    const { stdout, stderr } = await session.run(`trial ${SESSION} --yes --client-id ${OTHER_CLIENT_ID}`);
    expect(stderr).toContain(
      `This trial logs out ${SESSION}, and client ${OTHER_CLIENT_ID}, in the local run.`,
    );
    expect(stderr).toContain(
      `needs a new sign-in, on Blink’s page or with --password: bin/blink-logout sign-in ${SESSION}`,
    );
    expect(stdout).toMatch(/^Trial of blink-logout \d+\.\d+\.\d+, with the stand-ins/);
    expect(stdout).toContain('What follows for the stand-ins, which assume what Blink may do:');
    expect(stdout).toContain('does not survive a logout. A schedule works once for each sign-in');
    expect(stdout).toContain('One client can log out another.');
    expectNoIds(stdout);
  });
});

describe('trial, when a step fails', () => {
  it.each([
    [
      'refresh',
      500,
      ['refresh failed blink_unavailable', 'log_out not_done', 'refresh_after_logout not_done'],
    ],
    ['logout', 500, ['refresh done', 'log_out failed blink_unavailable', 'refresh_after_logout not_done']],
    ['logout', 429, ['refresh done', 'log_out failed rate_limited', 'refresh_after_logout not_done']],
  ] as const)('stops with a report: %s is answered with %i', async (action, status, expected) => {
    await start();
    session.blink.faults.before(action, { do: 'answer', answer: json(status, {}) });
    const { ran, report } = await tried();
    expect(ran.exitCode).toBe(1);
    expect(results(report)).toEqual(expected);
    expect(report.refreshTokenSurvivesLogout).toBe('unknown');
    // The claim is not held any longer.
    expect(JSON.parse((await session.run(`check ${SESSION} --json`)).stdout)).not.toMatchObject({
      condition: 'busy',
    });
  });

  it('does not take a refusal after a doubt for an answer', async () => {
    await start();
    let refreshes = 0;
    session.blink.faults.onCall = ({ action }, moment) => {
      if (action !== 'refresh' || moment !== 'before') return undefined;
      refreshes += 1;
      return refreshes === 3 ? { do: 'answer', answer: json(500, {}) } : undefined;
    };
    const { ran, report } = await tried();
    expect(ran.exitCode).toBe(1);
    expect(report.refreshTokenSurvivesLogout).toBe('unknown');
  });

  it('does not log out its own client as another one', async () => {
    await start({ clientList: 'absent', keepsRefreshTokenAtLogout: true }, { client_id: undefined });
    const { report } = await tried(`--client-id ${CLIENT_ID}`);
    expect(results(report).slice(0, 2)).toEqual([
      'refresh done',
      'log_out_other_client failed not_another_client',
    ]);
    expect(await session.run(`trial ${SESSION} --yes --client-id abc`)).toMatchObject({ exitCode: 2 });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends after the run that %s finds, with a report',
    async (signal) => {
      await start();
      session.blink.faults.onCall = ({ action }, moment) => {
        if (action === 'refresh' && moment === 'before') process.emit(signal, signal);
        return undefined;
      };
      const { ran, report } = await tried();
      expect(ran.exitCode).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(results(report)).toEqual(['refresh done', 'log_out not_done', 'refresh_after_logout not_done']);
      expect(session.blink.logouts).toEqual([]);
    },
  );

  it('does nothing without a terminal and without --yes, or for its own client', async () => {
    await start();
    expect(await session.run(`trial ${SESSION}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('runs only with --yes'),
    });
    expect(await session.run(`trial ${SESSION} --yes --client-id ${CLIENT_ID}`)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('is the client of garden'),
    });
    expect(session.blink.calls).toEqual([]);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { AccountSeed } from '../../../local/blink/accounts.ts';
import { json } from '../../../local/blink/answers.ts';
import type { BlinkCall } from '../../../local/blink/start-blink.ts';
import { ACCOUNTS, type Ran, session, startSession } from './session-under-test.ts';

const SESSION = 'garden';
const CLIENT_ID = 7_700_077;
const OTHER_CLIENT_ID = 4_711_471;
const { accountId, tier } = ACCOUNTS.plain;
/** What a report must not contain, beside secrets. */
const IDS = [SESSION, CLIENT_ID, OTHER_CLIENT_ID, accountId, tier, 'Ada’s phone'].map(String);

async function start(account: Partial<AccountSeed> = {}, fields: object = {}): Promise<void> {
  await startSession({
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
  await session.close();
});

const REFUSED = 'refresh_after_logout failed reauthentication_required';

describe('trial', () => {
  it.each([
    [{}, REFUSED, 'no', 'nothing_to_log_out'],
    [{ keepsRefreshTokenAtLogout: true }, 'refresh_after_logout done', 'yes', 'logged_out'],
  ])(
    'finds whether the refresh token survives, %j, and what a logout a day later says',
    async (account, last, finding, outcome) => {
      await start(account);
      const { ran, report } = await tried();
      expect(ran.exitCode).toBe(0);
      expect(results(report)).toEqual(['refresh done', 'log_out done', last]);
      expect(report).toMatchObject({ place: 'local', refreshTokenSurvivesLogout: finding });
      expect(report).not.toHaveProperty('logsOutOtherClients');
      expectNoIds(ran.stdout);

      session.secretsManager.clock.advanceMs(24 * 3_600_000);
      const { stdout } = await session.run(`logout ${SESSION} --json`);
      expect(JSON.parse(stdout)).toMatchObject({ outcome });
    },
  );

  it.each([
    ['logout', 200, 'done', 'yes'],
    ['logout', 403, 'failed blink_rejected', 'no'],
    ['logout', 404, 'nothing_to_log_out', 'unknown'],
    ['clients', 404, 'failed blink_rejected', 'unknown'],
  ])('tries the logout of another client before its own: %s %i', async (on, status, result, finding) => {
    await start({ keepsRefreshTokenAtLogout: true, ...(status === 404 && { clients: [] }) });
    const answer = json(status, status === 200 ? { message: 'logout' } : {});
    const where = ({ path }: BlinkCall) => on === 'clients' || path.includes(`/${OTHER_CLIENT_ID}/`);
    session.blink.faults.before(on, { do: 'answer', answer }, { where });
    const { ran, report } = await tried(`--client-id ${OTHER_CLIENT_ID}`);
    const steps = [
      'refresh done',
      `log_out_other_client ${result}`,
      'log_out done',
      'refresh_after_logout done',
    ];
    expect(results(report)).toEqual(steps);
    expect(session.blink.calls.filter(({ path }) => path === '/oauth/token')).toHaveLength(steps.length);
    expect(report).toMatchObject({ refreshTokenSurvivesLogout: 'yes', logsOutOtherClients: finding });
    expectNoIds(ran.stdout);
    expect(ran.stderr).toBe('');
  });

  it('shows each call with --verbose: path, status, code and the names of headers, and no id', async () => {
    await start();
    session.blink.faults.before('logout', {
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

  it('prints a report that can be published, and what follows', async () => {
    await start();
    session.blink.faults.before('clients', { do: 'answer', answer: json(403, {}) });
    const { stdout, stderr } = await session.run(`trial ${SESSION} --yes --client-id ${OTHER_CLIENT_ID}`);
    expect(stderr).toContain(
      `This trial logs out ${SESSION}, and client ${OTHER_CLIENT_ID}, in the local run.`,
    );
    expect(stderr).toContain(`Sign in: bin/blink-logout sign-in ${SESSION}`);
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^Trial of blink-logout \d+\.\d+\.\d+, with the stand-ins of the local run$/),
      '1. Refresh: done',
      '2. Logout of another client: done',
      '3. Logout of this session: done',
      '4. Refresh after the logout: failed: reauthentication_required, refused_by_blink',
      'What follows for the stand-ins, which assume what Blink may do:',
      '- The refresh token does not survive a logout. A schedule works once for each sign-in.',
      '- One client can log out another. A lost phone can be logged out by its client’s id.',
      '',
    ]);
    expectNoIds(stdout);
  });

  it('says beforehand that the session was logged out before', async () => {
    await start();
    await session.run(`logout ${SESSION}`);
    const { exitCode, stderr } = await session.run(`trial ${SESSION} --yes`);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^garden was logged out before.*This trial logs out garden/ms);
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
    const check = await session.run(`check ${SESSION} --json`);
    expect(JSON.parse(check.stdout).condition).not.toBe('busy');
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
    expect([ran.exitCode, report.refreshTokenSurvivesLogout]).toEqual([1, 'unknown']);
  });

  it('does not log out its own client as another one', async () => {
    await start({ keepsRefreshTokenAtLogout: true }, { client_id: undefined });
    session.blink.faults.before('clients', { do: 'answer', answer: json(404, {}) });
    const { report } = await tried(`--client-id ${CLIENT_ID}`);
    const [, second] = results(report);
    expect(second).toBe('log_out_other_client failed not_another_client');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends after the run that %s finds, with a report', async (signal, exitCode) => {
    await start();
    session.blink.faults.onCall = ({ action }, moment) => {
      if (action === 'refresh' && moment === 'before') process.emit(signal, signal);
      return undefined;
    };
    const { ran, report } = await tried();
    expect(ran.exitCode).toBe(exitCode);
    expect(results(report)).toEqual(['refresh done', 'log_out not_done', 'refresh_after_logout not_done']);
    expect(session.blink.logouts).toEqual([]);
  });

  it.each([
    ['', 1, 'runs only with --yes'],
    [`--yes --client-id ${CLIENT_ID}`, 1, 'is the client of garden'],
    ['--yes --client-id abc', 2, '--client-id must be'],
  ])('asks Blink nothing: trial garden %s', async (options, exitCode, words) => {
    await start();
    const ran = await session.run(`trial ${SESSION} ${options}`);
    expect(ran).toMatchObject({ exitCode, stderr: expect.stringContaining(words) });
    expect(session.blink.calls).toEqual([]);
  });
});

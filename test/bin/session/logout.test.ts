import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CLAIM_LIFE_SECONDS } from '../../../lambda/core/claim-life.ts';
import { json } from '../../../local/blink/answers.ts';
import { deny, refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { AWS_KEYS, session, sessionForEachTest } from './session-under-test.ts';

sessionForEachTest();

describe('logout', () => {
  beforeEach(() => session.storeSignedIn());

  it('is the function’s: claims, refreshes, saves, logs out and marks', async () => {
    const before = session.secretsManager.calls.length;
    const { exitCode, stdout } = await session.run('logout --json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      outcome: 'logged_out',
      session: 'default',
      accountId: 100_001,
      clientId: '7000001',
      message: 'logout',
    });
    expect(session.stored().labels).toContain('BLINK_LOGGED_OUT');
    expect(session.stored().text).toContain(session.blink.tokens.newest(7_000_001));
    expect(
      session.secretsManager.calls
        .slice(before)
        .map(({ labels }) => labels.join())
        .filter(Boolean),
    ).toEqual([
      'BLINK_LOGOUT_PROOF',
      'BLINK_LOGOUT',
      'BLINK_LOGOUT_CLAIM',
      'BLINK_LOGOUT,BLINK_LOGOUT_CLAIM',
      'BLINK_LOGOUT_SAVED',
      'AWSCURRENT',
      'BLINK_LOGGED_OUT',
    ]);
    expect(session.secretsManager.secrets.find('blink-logout/default').versions()).toHaveLength(3);
  });

  it('spends nothing where that has just been done', async () => {
    await session.run('logout');
    expect(await session.run('logout')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('already'),
    });
    expect(session.blink.tokens.refreshes).toBe(1);
  });

  it.each(['', ' --yes'])(
    'logs out another client of the account for a script%s, with one refresh',
    async (yes) => {
      session.blink.seedSession({ accountId: 100_001, clientId: 4711 });
      expect(await session.run(`logout --client-id 4711${yes}`)).toMatchObject({ exitCode: 0 });
      expect(session.blink.tokens.refreshes).toBe(1);
      expect(session.blink.logouts).toMatchObject([{ clientId: 4711 }]);
      expect(session.blink.accounts.clientsOf(100_001)).toMatchObject([{ id: 7_000_001 }]);
      expect((await session.run('logout --client-id 4711')).stdout).toBe(
        'Client 4711 is already logged out.\n',
      );
    },
  );

  it.each(['PutSecretValue', 'UpdateSecretVersionStage'])(
    'spends nothing without the right to %s, and prints the policy statement',
    async (action) => {
      session.secretsManager.faults.before(action, deny(`secretsmanager:${action}`, 'blink-logout/default'));
      const { exitCode, stderr } = await session.run('logout');
      expect([exitCode, session.blink.tokens.refreshes]).toEqual([1, 0]);
      expect(stderr).toContain(`"Action":"secretsmanager:${action}"`);
    },
  );

  it('names the Region whose stack can write, where the secret is a replica', async () => {
    const message = "A replica secret can't be updated independently from its primary secret in us-east-1.";
    session.secretsManager.faults.before('PutSecretValue', refuse('InvalidParameterException', message));
    const { exitCode, stderr } = await session.run('logout');
    expect([exitCode, session.blink.tokens.refreshes]).toEqual([1, 0]);
    expect(stderr).toMatch(/The secret is a replica.*its primary Region us-east-1.*\n +Nothing was spent/);
    expect(stderr).not.toContain('Try again');
  });

  it('reports at once that AWSCURRENT may not be moved, and that the next run goes on', async () => {
    session.secretsManager.faults.before(
      'UpdateSecretVersionStage',
      deny('secretsmanager:UpdateSecretVersionStage', 'blink-logout/default'),
      { where: ({ labels }) => labels.includes('AWSCURRENT') },
    );
    const startedAtMs = performance.now();
    const { exitCode, stderr } = await session.run('logout');
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('"Action":"secretsmanager:UpdateSecretVersionStage"');
    expect(stderr).toContain(
      `Run the command again in ${CLAIM_LIFE_SECONDS} seconds: it uses the new token, which is stored.`,
    );

    session.secretsManager.faults.clear();
    session.secretsManager.clock.advanceMs(120_000);
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });

  it('reports at once that the token may not be written, and stores it once the right is back', async () => {
    let puts = 0;
    session.secretsManager.faults.onCall = ({ action }, moment) => {
      if (action !== 'PutSecretValue' || moment !== 'before') return undefined;
      puts += 1;
      return puts === 2 ? deny('secretsmanager:PutSecretValue', 'blink-logout/default') : undefined;
    };
    const { exitCode, stderr } = await session.run('logout');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('"Action":"secretsmanager:PutSecretValue"');
    expect(stderr).toContain('The new refresh token is not stored yet.');
    expect(session.stored().text).toContain(session.blink.tokens.newest(7_000_001));
  });

  it('says after three seconds why a save is repeated, and at the end what to do', async () => {
    const failed = refuse('InternalServiceError', 'An error occurred on the server side.');
    let saves = 0;
    session.secretsManager.faults.onCall = ({ action }, moment) => {
      if (action !== 'PutSecretValue' || moment === 'after' || session.blink.tokens.refreshes === 0) {
        return undefined;
      }
      saves += 1;
      return failed;
    };
    vi.useFakeTimers({ toFake: ['Date', 'performance'], now: Date.now() });
    const running = session.run('logout');
    await vi.waitFor(() => expect(saves).toBeGreaterThan(1));
    vi.advanceTimersByTime(3_000);
    const savesBefore = saves;
    await vi.waitFor(() => expect(saves).toBeGreaterThan(savesBefore + 1));
    vi.setSystemTime(Date.now() + 60_000);
    const { exitCode, stderr } = await running;
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /AWS says: An error occurred on the server side\. \(InternalServiceError\)\n.*repeats the save/,
    );
    expect(stderr).toMatch(
      new RegExp(
        `Wait ${CLAIM_LIFE_SECONDS} seconds\\. Then see whether the token is lost: .* check default`,
      ),
    );
    expect(stderr).toMatch(/If it is, sign in: .* sign-in default/);
    expect(stderr).not.toContain('Try again');
  });

  it('a client that Blink does not know: says so where its list agrees, else how to find out', async () => {
    const listed = await session.run('logout --client-id 99');
    expect(listed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(
        'Blink lists no client 99 on this account. It was removed, or the id is wrong.',
      ),
    });
    session.blink.faults.before('clients', { do: 'answer', answer: json(403, {}) });
    const { exitCode, stderr } = await session.run('logout --client-id 98');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/see the account’s clients: .* clients default/);
  });

  it('says where the session is before it logs it out', async () => {
    const { stderr } = await session.run('logout');
    expect(stderr.indexOf('Session default in the local run.')).toBe(0);
    session.setAwsEnvironment(AWS_KEYS);
    await session.blink.close();
    session.secretsManager.faults.before(
      'UpdateSecretVersionStage',
      deny('secretsmanager:UpdateSecretVersionStage', 'x'),
    );
    const atAws = await session.runAtAws('logout --region us-east-1');
    expect(atAws.stderr.indexOf('Session default in account 123456789012, Region us-east-1.')).toBe(0);
  });

  it.each<[what: string, words: RegExp, prepare: () => unknown]>([
    [
      'Blink refuses the token',
      /sign-in default --local/,
      () => session.blink.tokens.revoke(100_001, 7_000_001),
    ],
    ['Blink is not there', /could not be reached.*npm start/s, () => session.blink.close()],
    [
      'Blink asks to wait',
      /Wait 50 minutes before you try again/,
      () =>
        session.blink.faults.before('refresh', {
          do: 'answer',
          answer: json(429, {}, { 'retry-after': '3000' }),
        }),
    ],
    [
      'the secret has no room',
      /no room.*\n +Nothing was spent\.\n +Try again in \d/,
      () => session.secretsManager.faults.before('PutSecretValue', refuse('LimitExceededException')),
    ],
  ])('says what to do if %s', async (_, words, prepare) => {
    await prepare();
    const { exitCode, stderr } = await session.run('logout');
    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(words)]);
  });

  it('reports when to try again if a run is at work', async () => {
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action !== 'refresh' || moment !== 'before') return undefined;
      const ran = await session.run('logout');
      expect(ran).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/Another run holds this session.*Try again in/s),
      });
      return undefined;
    };
    expect(await session.run('logout')).toMatchObject({ exitCode: 0 });
  });
});

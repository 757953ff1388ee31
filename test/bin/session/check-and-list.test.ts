import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_WRITES_A_DAY } from '../../../lambda/core/condition.ts';
import { realTiming } from '../../../lambda/core/time.ts';
import { secretsManagerClient, secretsManagerStore } from '../../../lambda/core/vault/secrets-manager.ts';
import { sessionVault } from '../../../lambda/core/vault/session-vault.ts';
import { refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { SIGN_IN_LINES, session, sessionForEachTest } from './session-under-test.ts';

const DAY_MS = 86_400_000;

sessionForEachTest();

async function jsonOf(command: string) {
  const { exitCode, stdout } = await session.run(`${command} --json`);
  return { exitCode, document: JSON.parse(stdout) };
}

/** A run that ends before its request to Blink. */
async function claim() {
  const client = secretsManagerClient({
    endpoint: session.secretsManager.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
  });
  const vault = sessionVault(secretsManagerStore(client, 'blink-logout/'), realTiming, () => undefined);
  const deadline = { remainingMs: () => 60_000 };
  return { vault, deadline, claim: await vault.claim(await vault.read('default'), deadline) };
}

/** A run that gets no answer from Blink. */
async function unanswered(): Promise<void> {
  const { vault, deadline, claim: claimed } = await claim();
  const why = 'Blink did not answer the refresh in time';
  await vault.endClaim(claimed, { what: 'no_answer', inFlight: false, why }, deadline);
}

/** As runs leave it that have written often. */
function writeOften(): void {
  const writes = Array.from({ length: MAX_WRITES_A_DAY }, () => new Date());
  const journal = JSON.stringify({ format: 2, tokens: [], history: [], writes });
  session.secretsManager.secrets.find('blink-logout/default').put(randomUUID(), journal, ['BLINK_LOGOUT']);
}

async function blockedByBlink(): Promise<void> {
  session.blink.faults.before('refresh', { do: 'answer', answer: { status: 406, headers: {}, body: '' } });
  await session.run('logout');
}

async function refusedByBlink(): Promise<void> {
  session.blink.tokens.revoke(100_001, 7_000_001);
  session.secretsManager.clock.advanceMs(DAY_MS);
  await session.run('logout');
}

describe('a session', () => {
  it.each<[condition: string, exitCode: number, words: RegExp, prepare: () => unknown]>([
    ['ready', 0, /^ready$/, () => undefined],
    ['logged_out', 0, /^logged out \d+ seconds? ago$/, () => session.run('logout')],
    [
      'signed_out',
      0,
      /^signed out .* ago: nothing is left to log out until you sign in again$/,
      async () => {
        await session.run('logout');
        await refusedByBlink();
      },
    ],
    ['busy', 0, /^busy: a run is at work, or ended without a report; .* in \d+ seconds$/, claim],
    [
      'cooling_down',
      0,
      /^cooling down: no request is sent to Blink for \d+ minutes, because /,
      blockedByBlink,
    ],
    [
      'in_doubt',
      0,
      /^in doubt: the token may be lost; the next run finds out$/,
      async () => {
        await claim();
        session.secretsManager.clock.advanceMs(120_000);
      },
    ],
    ['secret_full', 1, /^secret full: .* a logout can be tried in 2[34] hours$/, writeOften],
    ['needs_sign_in', 1, /^needs sign-in: Blink refuses the refresh token$/, refusedByBlink],
  ])(
    '%s reads the same in check, list and doctor; the first two exit with %i',
    async (condition, exitCode, words, prepare) => {
      session.storeSignedIn();
      await prepare();
      const usable = ['ready', 'logged_out', 'signed_out', 'in_doubt'].includes(condition);
      const report = { condition, usable, words: expect.stringMatching(words) };
      expect(await jsonOf('check')).toMatchObject({ exitCode, document: report });
      const list = await jsonOf('list');
      expect(list).toMatchObject({ exitCode, document: { sessions: [report] } });
      const { checks } = (await jsonOf('doctor')).document;
      const finding = checks.find(({ check }: { check: string }) => check === 'sessions');
      expect(finding.state).toBe(exitCode === 0 ? 'ok' : 'not_ok');
      if (['signed_out', 'in_doubt', 'needs_sign_in'].includes(condition)) {
        // Ages in seconds differ.
        const withoutAges = (text: string) => text.replaceAll(/\d+/g, 'n');
        expect(withoutAges(JSON.stringify(finding))).toContain(withoutAges(list.document.sessions[0].words));
      }
    },
  );

  it('is read without a call of Blink, and without a write', async () => {
    session.storeSignedIn();
    await session.run('check');
    await session.run('list');
    expect(session.blink.calls).toEqual([]);
    const actions = session.secretsManager.calls.map(({ action }) => action);
    expect(new Set(actions)).toEqual(new Set(['GetSecretValue', 'ListSecrets']));
  });

  it('is one of the stack that --stack names', async () => {
    const { secrets } = session.secretsManager;
    secrets.create('blink-logout-garden/porch', '{"refresh_token":"x"}');
    secrets.create('blink-logout-garden-webhook-key', 'k'.repeat(64));
    session.store('{"refresh_token":"y"}');
    const { sessions } = (await jsonOf('list --stack garden')).document;
    expect(sessions).toMatchObject([{ session: 'porch', secret: 'blink-logout-garden/porch' }]);
    const { secret } = (await jsonOf('key --stack garden')).document;
    expect(secret).toBe('blink-logout-garden-webhook-key');
    expect((await session.run('check --stack garden')).stderr).toContain('--stack garden');
    const { exitCode, stderr } = await session.run('list --stack Garden');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('--stack Garden: expected 1 to 45 char')]);
  });
});

describe('check', () => {
  it('shows the stored fields, masked, and their age', async () => {
    await session.run('sign-in --password', SIGN_IN_LINES);
    session.secretsManager.clock.advanceMs(3 * DAY_MS + 60_000);
    const { exitCode, stdout } = await session.run('check');
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'default: ready',
      '  secret         blink-logout/default',
      '  format         JSON of a Homebridge plugin or of blink-logout',
      expect.stringMatching(/^ {2}refresh token {2}eyJ.….{4}$/),
      '  account        100001',
      '  tier           e008',
      '  client         7000001',
      expect.stringMatching(/^ {2}hardware id {4}[0-9A-F]{4}…[0-9A-F]{4}$/),
      '  stored         3 days ago',
      '',
    ]);
  });

  it('tells in the history of each logout, also if a sign-in follows it', async () => {
    const history: object[] = [];
    for (let night = 0; night < 3; night++) {
      await session.run('sign-in --password', SIGN_IN_LINES);
      expect((await jsonOf('check')).document).toMatchObject({ condition: 'ready', history });
      await session.run('logout');
      history.push({ words: 'logged out' });
      expect((await jsonOf('check')).document).toMatchObject({ condition: 'logged_out', history });
      session.secretsManager.clock.advanceMs(DAY_MS);
    }
  });

  it('tells what happened in the order of time: a logout, that of another client, a run that died', async () => {
    session.blink.seedSession({ accountId: 100_001, clientId: 4711 });
    for (const command of ['logout', 'logout --client-id 4711']) {
      await session.run('sign-in --password', SIGN_IN_LINES);
      await session.run(command);
      session.secretsManager.clock.advanceMs(DAY_MS);
    }
    await claim();
    const { history } = (await jsonOf('check')).document;
    expect(history.map(({ words }: { words: string }) => words)).toEqual([
      'logged out',
      'logged out, client 4711',
      'claimed, not reported',
    ]);
  });

  it('shows the history in words, and with --verbose the journal', async () => {
    session.storeSignedIn();
    await unanswered();
    const { stdout } = await session.run('check --verbose');
    expect(stdout).toMatch(/^default: in doubt/);
    expect(stdout).toMatch(
      /\n {2}\d\d \w+,? \d\d:\d\d {2}no answer \(Blink did not answer the refresh in time\)\n/,
    );
    expect(JSON.parse(stdout.slice(stdout.indexOf('\n{')))).toMatchObject({
      format: 2,
      tokens: [{ inDoubt: true, claims: [] }],
    });
  });

  it('names what is meant by a misspelled name, and the nearest of many', async () => {
    for (const name of ['garden', 'attic']) session.store('{"refresh_token":"x"}', name);
    const { exitCode, stderr } = await session.run('check gardn');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('The nearest of all sessions: garden, attic. To see all:');
    for (let n = 0; n < 200; n++) session.store('{"refresh_token":"x"}', `camera-${n}`);
    const many = await session.run('check gardn');
    expect(many.stderr).toMatch(/sessions: garden, attic, camera.*To see all: .* list --local/);
    expect(many.stderr.match(/camera-/g)).toHaveLength(3);
    session.secretsManager.faults.before('ListSecrets', refuse('AccessDeniedException'));
    expect((await session.run('check gardn')).stderr).toMatch(/no session named gardn\.\s+Sign in: /);
  });

  it('tells a secret without a value from a session that there is not', async () => {
    session.secretsManager.secrets.create('blink-logout/empty');
    const { stderr } = await session.run('check empty');
    expect(stderr).toMatch(/The secret of empty has no value yet\.\s+Sign in: .* sign-in empty/);
  });

  it('advises what helps against a journal of another release', async () => {
    session.storeSignedIn();
    const secret = session.secretsManager.secrets.find('blink-logout/default');
    secret.put(randomUUID(), '{"format":3,"tokens":[],"history":[],"writes":[]}', ['BLINK_LOGOUT']);
    const { stderr } = await session.run('check');
    expect(stderr).toMatch(/another release has written it[\s\S]*remove default --now/);
    for (const command of ['remove --now --yes', 'sign-in --password', 'logout']) {
      expect(await session.run(command, SIGN_IN_LINES), command).toMatchObject({ exitCode: 0 });
    }
  });

  it('names the field that is unusable, and not what is in it', async () => {
    session.store('{"refresh_token":"x","host":"evil.example"}');
    const { exitCode, stderr, stdout } = await session.run('check');
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toContain('host must be');
    expect(stderr).not.toContain('evil');
  });
});

describe('list', () => {
  it('shows the first command if there are no sessions', async () => {
    const { exitCode, stdout } = await session.run('list');
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('sign-in')]);
    expect((await jsonOf('list')).document).toEqual({ sessions: [] });
  });

  it('goes on where one cannot be read, and fails in the end', async () => {
    session.store('{"refresh_token":"x"}', 'attic');
    session.store('canary', 'broken');
    session.store('{"refresh_token":"x"}', 'cellar');
    session.store('{"refresh_token":"x"}', 'Not-A-Session');
    session.secretsManager.secrets.create('blink-logout-webhook-key-2', 'another');
    session.secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException'), {
      where: ({ secretId }) => secretId === 'blink-logout/cellar',
    });
    const { exitCode, document } = await jsonOf('list');
    expect(exitCode).toBe(1);
    expect(document.sessions).toMatchObject([
      { session: 'Not-A-Session', condition: 'invalid', error: { code: 'session_name_invalid' } },
      { session: 'attic', condition: 'ready' },
      { session: 'broken', condition: 'invalid', error: { code: 'session_invalid' } },
      { session: 'cellar', condition: 'unreadable', error: { code: 'access_denied' } },
    ]);
    const lines = (await session.run('list')).stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^session {8}token stored {2}condition$/);
    expect(lines[2]).toMatch(/^attic {10}\d seconds? ago {2,3}ready$/);
    expect(lines[4]).toContain('unreadable: Secrets Manager could not be used (AccessDeniedException)');
  });

  it('--failed shows only the sessions that need a person', async () => {
    session.storeSignedIn();
    const none = await session.run('list --failed');
    expect(none).toMatchObject({ exitCode: 0, stdout: 'The session does not need you.\n' });
    await refusedByBlink();
    session.store('{"refresh_token":"x"}', 'attic');
    const { exitCode, document } = await jsonOf('list --failed');
    expect(exitCode).toBe(1);
    expect(document.sessions).toMatchObject([{ session: 'default', condition: 'needs_sign_in' }]);
  });

  it('reads every page', async () => {
    const names = Array.from({ length: 101 }, (_, n) => `session-${String(n).padStart(3, '0')}`);
    for (const name of names) session.store('{"refresh_token":"x"}', name);
    const { exitCode, document } = await jsonOf('list');
    expect(exitCode).toBe(0);
    expect(document.sessions.map((each: { session: string }) => each.session)).toEqual(names);
  });
});

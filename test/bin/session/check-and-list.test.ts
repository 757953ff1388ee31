import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realTiming } from '../../../lambda/core/time.ts';
import { secretsManagerClient, secretsManagerStore } from '../../../lambda/core/vault/secrets-manager.ts';
import { vaultOverStore } from '../../../lambda/core/vault/vault-over-store.ts';
import { refuse } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { type SessionUnderTest, SIGN_IN_LINES, startSessionUnderTest } from './session-under-test.ts';

const DAY_MS = 86_400_000;

let session: SessionUnderTest;

beforeEach(async () => {
  session = await startSessionUnderTest();
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
});

async function checked(): Promise<{ readonly exitCode: number; readonly report: Record<string, unknown> }> {
  const { exitCode, stdout } = await session.run('check --json');
  return { exitCode, report: JSON.parse(stdout) };
}

/** A run that is cut off before its request to Blink, and one that gets no answer from it. */
async function blockedByBlink(): Promise<void> {
  session.blink.faults.before('refresh', { do: 'answer', answer: { status: 406, headers: {}, body: '' } });
  await session.run('logout');
}

async function cutOff(how: 'killed' | 'unanswered'): Promise<void> {
  const client = secretsManagerClient({
    endpoint: session.secretsManager.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
  });
  const vault = vaultOverStore(secretsManagerStore(client, 'blink-logout/'), realTiming, () => undefined);
  const deadline = { remainingMs: () => 60_000 };
  const claim = await vault.claim(await vault.read('default'), deadline);
  if (how === 'unanswered') {
    const why = 'Blink did not answer the refresh in time';
    await vault.endClaim(claim, { what: 'no_answer', inFlight: false, why }, deadline);
  }
}

it('with --stack, a command works on the secrets of that stack', async () => {
  session.secretsManager.secrets.create('blink-logout-garden/porch', '{"refresh_token":"x"}');
  session.secretsManager.secrets.create('blink-logout-garden-webhook-key', 'k'.repeat(64));
  session.store('{"refresh_token":"y"}');
  expect(JSON.parse((await session.run('list --stack garden --json')).stdout)).toMatchObject({
    sessions: [{ session: 'porch', secret: 'blink-logout-garden/porch' }],
  });
  expect(JSON.parse((await session.run('key --stack garden --json')).stdout)).toMatchObject({
    secret: 'blink-logout-garden-webhook-key',
  });
  const unknown = await session.run('check --stack garden');
  expect(unknown.stderr).toContain('--stack garden');
  expect(await session.run('list --stack Garden')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--stack Garden: expected 1 to 45 characters'),
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
      '  format         JSON of a Homebridge plugin',
      expect.stringMatching(/^ {2}refresh token {2}eyJ.….{4}$/),
      '  account        100001',
      '  tier           e008',
      '  client         7000001',
      expect.stringMatching(/^ {2}hardware id {4}[0-9A-F]{4}…[0-9A-F]{4}$/),
      '  stored         3 days ago',
      '',
    ]);
  });

  it('spends nothing, writes nothing and does not call Blink', async () => {
    session.store('{"refresh_token":"eyJ-a-token-of-some-length"}');
    await session.run('check');
    await session.run('list');
    expect(session.blink.calls).toEqual([]);
    const actions = new Set(session.secretsManager.calls.map(({ action }) => action));
    expect([...actions].sort()).toEqual(['GetSecretValue', 'ListSecrets']);
  });

  it.each<[condition: string, exitCode: number, words: RegExp, prepare: () => Promise<unknown> | undefined]>([
    ['ready', 0, /^ready$/, () => undefined],
    ['logged_out', 0, /^logged out \d+ seconds? ago$/, () => session.run('logout')],
    [
      'signed_out',
      0,
      /^signed out .* ago: nothing is left to log out until you sign in again$/,
      async () => {
        await session.run('logout');
        session.blink.tokens.revoke(100_001, 7_000_001);
        session.secretsManager.clock.advanceMs(DAY_MS);
        await session.run('logout');
      },
    ],
    [
      'busy',
      0,
      /^busy: a run is at work, or ended without a report; .* in \d+ seconds$/,
      () => cutOff('killed'),
    ],
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
        await cutOff('killed');
        session.secretsManager.clock.advanceMs(120_000);
      },
    ],
    [
      'needs_sign_in',
      1,
      /^needs sign-in: Blink refuses the refresh token$/,
      async () => {
        session.blink.tokens.revoke(100_001, 7_000_001);
        await session.run('logout');
      },
    ],
  ])(
    '%s reads the same in check, in list and in doctor; the first two exit with %i',
    async (condition, exitCode, words, prepare) => {
      session.storeSignedIn();
      await prepare();
      expect(await checked()).toMatchObject({
        exitCode,
        report: { condition, words: expect.stringMatching(words) },
      });
      const list = await session.run('list --json');
      expect(list.exitCode).toBe(exitCode);
      const [entry] = JSON.parse(list.stdout).sessions;
      expect(entry).toMatchObject({ condition, words: expect.stringMatching(words) });
      const { checks } = JSON.parse((await session.run('doctor --json')).stdout);
      const finding = checks.find(({ check }: { check: string }) => check === 'sessions');
      expect(finding.state).toBe(exitCode === 0 ? 'ok' : 'not_ok');
      if (['signed_out', 'in_doubt', 'needs_sign_in'].includes(condition)) {
        // Ages in seconds differ.
        const withoutAges = (text: string) => text.replaceAll(/\d+/g, 'n');
        expect(withoutAges(JSON.stringify(finding))).toContain(withoutAges(entry.words));
      }
    },
  );

  it('tells in the history that the last run logged out, and that a sign-in has replaced the token', async () => {
    session.storeSignedIn();
    await session.run('logout');
    expect((await checked()).report).toMatchObject({ history: [{ words: 'logged out' }] });
    await session.run('sign-in --password', SIGN_IN_LINES);
    expect((await checked()).report).toMatchObject({
      condition: 'ready',
      history: [{ words: 'claimed, not reported' }],
    });
  });

  it('shows the history in words, and with --verbose the journal', async () => {
    session.storeSignedIn();
    await cutOff('unanswered');
    const { stdout } = await session.run('check --verbose');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^default: in doubt/);
    expect(stdout).toMatch(
      /\n {2}\d\d \w+,? \d\d:\d\d {2}no answer \(Blink did not answer the refresh in time\)\n/,
    );
    expect(JSON.parse(lines.slice(lines.indexOf('{')).join('\n'))).toMatchObject({
      format: 1,
      tokens: [{ inDoubt: true, claims: [] }],
    });
  });

  it('lists the sessions if none has this name', async () => {
    session.store('{"refresh_token":"x"}', 'garden');
    session.store('{"refresh_token":"x"}', 'attic');
    const { exitCode, stderr } = await session.run('check gardn');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Did you mean garden?');
    expect(stderr).toContain('Sessions: attic, garden.');
    expect(stderr).not.toContain('sign-in');
    expect((await session.run('check phone')).stderr).toMatch(/Sessions: attic, garden\..*sign-in phone/s);
    session.secretsManager.faults.before('ListSecrets', refuse('AccessDeniedException'));
    expect((await session.run('check gardn')).stderr).toContain('could not be listed');
  });

  it('tells a secret without a value from a session that there is not', async () => {
    session.secretsManager.secrets.create('blink-logout/empty');
    const { stderr } = await session.run('check empty');
    expect(stderr).toMatch(/The secret of empty has no value yet\.\s+Sign in: .* sign-in empty/);
  });

  it('names the nearest of many sessions, and how many there are', async () => {
    for (let n = 0; n < 200; n++) session.store('{"refresh_token":"x"}', `camera-${n}`);
    for (const name of ['garden', 'garden-2']) session.store('{"refresh_token":"x"}', name);
    const { stderr } = await session.run('check gardn');
    expect(stderr).toContain('The nearest of 202 sessions: garden, garden-2, ');
    expect(stderr.match(/camera-/g)).toHaveLength(3);
    expect(stderr).toContain('To see all: bin/blink-logout list --local');
  });

  it('names the field that is unusable, and not what is in it', async () => {
    session.store('{"refresh_token":"x","host":"evil.example"}');
    const { exitCode, stderr, stdout } = await session.run('check');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('host must be');
    expect(stderr + stdout).not.toContain('evil');
  });
});

describe('list', () => {
  it('shows the first command if there are no sessions', async () => {
    expect(await session.run('list')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('sign-in'),
    });
    expect(JSON.parse((await session.run('list --json')).stdout)).toEqual({ sessions: [] });
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
    const { exitCode, stdout } = await session.run('list --json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).sessions).toMatchObject([
      { session: 'Not-A-Session', error: { code: 'session_name_invalid' } },
      { session: 'attic', condition: 'ready' },
      { session: 'broken', condition: 'invalid', error: { code: 'session_invalid' } },
      { session: 'cellar', condition: 'unreadable', error: { code: 'access_denied' } },
    ]);
    const lines = (await session.run('list')).stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[0]).toMatch(/^session {8}token stored {2}condition$/);
    expect(lines[2]).toMatch(/^attic {10}\d seconds? ago {2,3}ready$/);
  });

  it('shows only the sessions that need a person, and fails if there are any', async () => {
    session.storeSignedIn('garden');
    expect(await session.run('list --failed')).toMatchObject({
      exitCode: 0,
      stdout: 'The session does not need you.\n',
    });
    session.blink.tokens.revoke(100_001, 7_000_001);
    await session.run('logout garden');
    session.store('{"refresh_token":"x"}', 'attic');
    const { exitCode, stdout } = await session.run('list --failed --json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout).sessions).toMatchObject([{ session: 'garden', condition: 'needs_sign_in' }]);
    expect(await session.run('list')).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('attic'),
    });
  });

  it('reads every page', async () => {
    const names = Array.from({ length: 101 }, (_, n) => `session-${String(n).padStart(3, '0')}`);
    for (const name of names) session.store('{"refresh_token":"x"}', name);
    const { exitCode, stdout } = await session.run('list --json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).sessions.map((each: { session: string }) => each.session)).toEqual(names);
  });
});

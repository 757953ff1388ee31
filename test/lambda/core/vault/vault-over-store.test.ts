import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Grant } from '../../../../lambda/core/blink/blink.ts';
import { Failure } from '../../../../lambda/core/failure.ts';
import { entryVersionId } from '../../../../lambda/core/vault/journal.ts';
import { CLAIM_LIFE_MS } from '../../../../lambda/core/vault/session-state.ts';
import type { Claim, SessionVault } from '../../../../lambda/core/vault/session-vault.ts';
import { vaultOverStore } from '../../../../lambda/core/vault/vault-over-store.ts';
import { ScriptedChannel } from '../../../proof/models/channel.ts';
import { Sandbox } from '../../../proof/models/sandbox.ts';
import { once } from '../../../proof/models/scripted-run.ts';
import { storeOver } from '../../../proof/models/secret-model.ts';
import { World } from '../../../proof/models/world.ts';

const GRANT: Grant = { accessToken: 'access', refreshToken: 'granted-token', oauthClient: 'ios' };

let world: World;
let channel: ScriptedChannel;
let vault: SessionVault;
let retries: number;

/** A run of its own over the one secret. */
function newVault(): { readonly vault: SessionVault; readonly channel: ScriptedChannel } {
  const sandbox = new Sandbox(world.time);
  const channel = new ScriptedChannel(world.time, sandbox);
  const store = storeOver(world.secret, world.time, sandbox.timing, channel);
  return { vault: vaultOverStore(store, sandbox.timing, () => retries++), channel };
}

beforeEach(() => {
  world = new World({ random: () => 0.99 });
  world.signIn();
  retries = 0;
  ({ vault, channel } = newVault());
});

const drive = <T>(work: Promise<T>) => world.time.drive(work);
const read = () => drive(vault.read('default'));
const claim = async () => drive(vault.claim(await read()));
const save = (claimed: Claim, deadlineMs = 60_000) =>
  drive(vault.saveToken(claimed, GRANT, world.time.deadline(deadlineMs)));
const currentText = () => world.secret.current().text;

describe('promise 7: reading', () => {
  it('asks for value and versions side by side', async () => {
    const startedAtMs = world.time.nowMs;
    const reading = await read();
    expect(channel.actions).toEqual(['read value', 'read list']);
    expect(world.time.nowMs - startedAtMs).toBe(20);
    expect(reading).toMatchObject({
      session: 'default',
      currentVersionId: world.secret.current().versionId,
      keptVersions: 1,
      refreshTokenAgeMs: 0,
    });
  });

  it('waits briefly until value and versions agree on what is current', async () => {
    world.signIn();
    let reads = 0;
    channel.staleMs = () => (reads++ === 0 ? 1000 : 0);
    await world.time.advance(500);
    expect((await read()).currentVersionId).toBe(world.secret.current().versionId);
    expect(channel.actions).toHaveLength(4);
  });

  it('fails with a retryable error if they never agree', async () => {
    await world.time.advance(5000);
    world.signIn();
    let reads = 0;
    channel.staleMs = () => (reads++ % 2 === 0 ? 5000 : 0);
    await expect(read()).rejects.toMatchObject({ code: 'session_busy', retryable: true });
    expect(channel.actions.every((action) => action.startsWith('read'))).toBe(true);
  });

  it.each(['list', 'version'] as const)(
    'sees a label that is missing from a %s read too early',
    async (late) => {
      const saved = await save(await claim());
      await world.time.advance(1000);
      await drive(vault.markLoggedOut(saved));
      channel.staleMs = (read) => (read === late ? 500 : 0); // from after the save and before the mark
      expect((await read()).state.loggedOut).toBe('recently');
    },
  );
});

describe('a claim', () => {
  it('is a version with its own label, and does not change the value', async () => {
    const before = currentText();
    await claim();
    expect(currentText()).toBe(before);
    expect(world.secret.versions().map(({ labels }) => labels)).toEqual([
      ['AWSCURRENT'],
      ['BLINK_LOGOUT_CLAIM'],
    ]);
  });

  it('of two by one reading is held by one', async () => {
    const reading = await read();
    await drive(vault.claim(reading));
    await expect(drive(newVault().vault.claim(reading))).rejects.toMatchObject({
      code: 'session_busy',
    });
  });

  it('that was given back can be made again at once', async () => {
    await drive(
      vault.endClaim(await claim(), { kind: 'unspent', inDoubt: false }, world.time.deadline(60_000)),
    );
    expect(await claim()).toMatchObject({ attempt: 1, takesOver: false });
  });

  it('of a run that has died records that it takes over', async () => {
    await claim();
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    expect(await claim()).toMatchObject({ attempt: 1, takesOver: true });
  });

  it('makes current first what a dead run saved, and claims that', async () => {
    const dead = await claim();
    channel.on = once('move AWSCURRENT', 'before', 'killed');
    void vault.saveToken(dead, GRANT, world.time.deadline(60_000));
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    ({ vault, channel } = newVault());
    const claimed = await claim();
    expect(claimed.reading.stored.refreshToken).toBe(GRANT.refreshToken);
    expect(claimed).toMatchObject({ attempt: 0, takesOver: false });
    expect(world.secret.current().versionId).toBe(claimed.reading.currentVersionId);
  });

  it('makes current the newest of several saves that the list does not show yet', async () => {
    const saves = [];
    for (const refreshToken of ['older', 'newer']) {
      const { reading, attempt } = await claim();
      saves.push({ token: reading.token, attempt, text: JSON.stringify({ refresh_token: refreshToken }) });
      await world.time.advance(CLAIM_LIFE_MS + 1000);
    }
    for (const { text, ...about } of saves) {
      world.secret.put(entryVersionId({ ...about, kind: 'save' }), text, ['BLINK_LOGOUT_CLAIM']);
    }
    let reads = 0;
    channel.staleMs = () => (reads++ < 2 ? 500 : 0);
    expect((await claim()).reading.stored.refreshToken).toBe('newer');
  });

  it('is left to the next run if the dead run’s save does not become visible in time', async () => {
    const dead = await claim();
    channel.on = once('move AWSCURRENT', 'before', 'killed');
    void vault.saveToken(dead, GRANT, world.time.deadline(60_000));
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    ({ vault, channel } = newVault());
    channel.staleMs = () => 5000;
    await expect(claim()).rejects.toMatchObject({ code: 'session_busy', retryable: true });
    expect(channel.actions).not.toContain('put claim');
  });
});

describe('promise 3: a save', () => {
  it('is tried even after the deadline, as on a machine that slept', async () => {
    const saved = await save(await claim(), 0);
    expect(world.secret.current().versionId).toBe(saved.versionId);
  });

  it('stores a new version and makes it current', async () => {
    const saved = await save(await claim());
    expect(world.secret.current()).toMatchObject({ versionId: saved.versionId });
    expect(JSON.parse(currentText())).toMatchObject({ refresh_token: GRANT.refreshToken });
    expect(retries).toBe(0);
  });

  it.each([
    ['put save', 'unsent'],
    ['put save', 'unanswered'],
    ['move AWSCURRENT', 'unsent'],
    ['move AWSCURRENT', 'unanswered'],
  ] as const)('is tried again where %s goes %s', async (action, mishap) => {
    const claimed = await claim();
    let left = 3; // as many as the SDK tries
    channel.on = (actual, moment) =>
      actual === action && moment === (mishap === 'unsent' ? 'before' : 'after') && left-- > 0
        ? mishap
        : undefined;
    const saved = await save(claimed);
    expect(world.secret.current().versionId).toBe(saved.versionId);
    expect(retries).toBe(1);
  });

  it('is tried until the deadline, and reports its failure in time', async () => {
    const claimed = await claim();
    channel.on = (action) => (action === 'put save' ? 'unsent' : undefined);
    const deadline = world.time.deadline(60_000);
    await expect(drive(vault.saveToken(claimed, GRANT, deadline))).rejects.toMatchObject({
      code: 'save_failed',
    });
    expect(deadline.remainingMs()).toBeGreaterThanOrEqual(980);
    expect(deadline.remainingMs()).toBeLessThanOrEqual(1000);
    expect(retries).toBeGreaterThan(20);
  });

  it('is tried again if the write is denied, because a right that comes in time saves the token', async () => {
    const claimed = await claim();
    let denials = 3;
    const sandbox = new Sandbox(world.time);
    const store = storeOver(
      world.secret,
      world.time,
      sandbox.timing,
      new ScriptedChannel(world.time, sandbox),
    );
    const denying: typeof store = {
      ...store,
      async putVersion(...put) {
        if (denials-- > 0)
          throw new Failure('secrets_unavailable', 'no', { awsError: 'AccessDeniedException' });
        return store.putVersion(...put);
      },
    };
    const { saveToken: saveWhileDenied } = vaultOverStore(denying, sandbox.timing, () => undefined);
    const saved = await drive(saveWhileDenied(claimed, GRANT, world.time.deadline(60_000)));
    expect(world.secret.current().versionId).toBe(saved.versionId);
  });

  it('that hangs reports its failure in time', async () => {
    const claimed = await claim();
    const hanging = newVault();
    hanging.channel.call = () => new Promise(() => undefined);
    const deadline = world.time.deadline(20_000);
    await expect(drive(hanging.vault.saveToken(claimed, GRANT, deadline))).rejects.toMatchObject({
      code: 'save_failed',
    });
    expect(deadline.remainingMs()).toBe(1000);
  });

  it('that was stored but not made current is reported as such: the next run makes it current', async () => {
    const claimed = await claim();
    channel.on = (action) => (action === 'move AWSCURRENT' ? 'unsent' : undefined);
    await expect(save(claimed, 10_000)).rejects.toMatchObject({ code: 'save_failed', retryable: true });
    channel.on = () => undefined;
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    expect((await claim()).reading.stored.refreshToken).toBe(GRANT.refreshToken);
  });

  it('is a success where another run has made the same version current already', async () => {
    const claimed = await claim();
    channel.on = once('move AWSCURRENT', 'before', () => {
      const saved = world.secret.versions().at(-1)?.versionId;
      world.secret.moveLabel('AWSCURRENT', claimed.reading.currentVersionId, saved);
      return undefined;
    });
    expect((await save(claimed)).versionId).toBe(world.secret.current().versionId);
  });

  it('that reads an old value after its move was refused looks again', async () => {
    const claimed = await claim();
    let reads = 0;
    channel.on = once('move AWSCURRENT', 'after', 'unanswered');
    channel.staleMs = () => (reads++ === 0 ? 60_000 : 0);
    const saved = await save(claimed);
    expect(saved.versionId).toBe(world.secret.current().versionId);
  });
});

describe('promise 4: a save', () => {
  it('does not overwrite a newer sign-in, and is kept beside it', async () => {
    const claimed = await claim();
    world.signIn();
    const newer = currentText();
    await expect(save(claimed)).rejects.toMatchObject({ code: 'session_busy', retryable: true });
    expect(currentText()).toBe(newer);
    expect(world.secret.versions().at(-1)?.text).toContain(GRANT.refreshToken);
  });
});

describe('promise 5: attempts', () => {
  it('save under ids of their own: a late save of a dead run does not bar the way of the one that took over', async () => {
    const dead = await claim();
    const deadVault = vault;
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    ({ vault, channel } = newVault());
    const taker = await claim();
    await drive(deadVault.saveToken(dead, { ...GRANT, refreshToken: 'late' }, world.time.deadline(1500)));
    await expect(save(taker)).rejects.toMatchObject({ code: 'session_busy' });
    expect(world.secret.versions().filter(({ text }) => text.includes(GRANT.refreshToken))).toHaveLength(1);
  });
});

describe('marks', () => {
  const saved = async () => save(await claim());

  it('go to where the run saved, from wherever an earlier logout left them', async () => {
    await drive(vault.markLoggedOut(await saved()));
    await world.time.advance(CLAIM_LIFE_MS);
    expect(await drive(vault.markLoggedOut(await saved()))).toBe(true);
    expect(world.secret.current().labels).toContain('BLINK_LOGGED_OUT');
  });

  it('that fail are no failure of the run', async () => {
    const done = await saved();
    channel.on = () => 'unsent';
    expect(await drive(vault.markLoggedOut(done))).toBe(false);
    await drive(vault.release(done, world.time.deadline(60_000)));
  });

  it('a released session can be claimed at once, one that was not cannot', async () => {
    const done = await saved();
    await expect(claim()).rejects.toMatchObject({ code: 'session_busy' });
    await drive(vault.release(done, world.time.deadline(60_000)));
    expect(await claim()).toMatchObject({ attempt: 0 });
  });
});

test('promise 6: the secret has moved on where it holds another version, or where a dead run saved one', async () => {
  const dead = await claim();
  expect(await drive(vault.hasNewerToken(dead))).toBe(false);
  await world.time.advance(CLAIM_LIFE_MS + 1000);
  const taker = await claim();
  world.secret.put(
    entryVersionId({ token: taker.reading.token, attempt: dead.attempt, kind: 'save' }),
    JSON.stringify({ refresh_token: 'late' }),
    ['BLINK_LOGOUT_CLAIM'],
  );
  expect(await drive(vault.hasNewerToken(taker))).toBe(true);
  expect(currentText()).toContain('late');
  expect(await drive(vault.hasNewerToken(taker))).toBe(true);
});

import { beforeEach, describe, expect, it, test } from 'vitest';
import type { Grant } from '../../../../lambda/core/blink/blink.ts';
import { CLAIM_LIFE_MS } from '../../../../lambda/core/claim-life.ts';
import { conditionOf } from '../../../../lambda/core/condition.ts';
import { Failure } from '../../../../lambda/core/failure.ts';
import { idAfter, JOURNAL, saveId } from '../../../../lambda/core/vault/journal.ts';
import type { Claim, SavedSession } from '../../../../lambda/core/vault/reading.ts';
import type { SecretStore } from '../../../../lambda/core/vault/secret-store.ts';
import { type SessionVault, sessionVault } from '../../../../lambda/core/vault/session-vault.ts';
import { type Moment, ScriptedChannel } from '../../../proof/models/channel.ts';
import { Sandbox } from '../../../proof/models/sandbox.ts';
import { once } from '../../../proof/models/scripted-run.ts';
import { storeOver } from '../../../proof/models/secret-model.ts';
import { World } from '../../../proof/models/world.ts';

const GRANT: Grant = { accessToken: 'access', refreshToken: 'granted-token', oauthClient: 'ios' };

let world: World;
let channel: ScriptedChannel;
let vault: SessionVault;
let retries: number;

/** A run of its own over the one secret, or over another one, with a store that differs in some calls. */
function newVault(change: (store: SecretStore) => Partial<SecretStore> = () => ({}), its = world) {
  const sandbox = new Sandbox(its.time);
  const channel = new ScriptedChannel(its.time, sandbox);
  const store = storeOver(its.secret, its.time, sandbox.timing, channel);
  return { vault: sessionVault({ ...store, ...change(store) }, sandbox.timing, () => retries++), channel };
}

beforeEach(() => {
  world = new World({ random: () => 0.99 });
  world.signIn();
  retries = 0;
  ({ vault, channel } = newVault());
});

const drive = <T>(work: Promise<T>) => world.time.drive(work);
const read = () => drive(vault.read('default'));
const deadline = () => world.time.deadline(60_000);
const claim = async () => drive(vault.claim(await read(), deadline()));
const save = (claimed: Claim, deadlineMs = 60_000) =>
  drive(vault.saveToken(claimed, GRANT, world.time.deadline(deadlineMs)));
/** The run dies, and its claim ends. */
const die = async () => {
  await world.time.advance(CLAIM_LIFE_MS + 1000);
  ({ vault, channel } = newVault());
};
const DENIED = new Failure('secrets_unavailable', 'no', { awsError: 'AccessDeniedException' });
const currentText = () => world.secret.current().text;
const journals = () => world.secret.versions().filter(({ text }) => text.includes('"format"'));
const release = ({ claim, versionId: savedAs }: SavedSession) =>
  vault.endClaim(claim, { what: 'saved', savedAs }, deadline());
const UNSPENT = { what: 'failed', why: 'no reason' } as const;

describe('promise 7: a reading', () => {
  const journalOf = (fields: object) => JSON.stringify({ tokens: [], history: [], writes: [], ...fields });

  // Before its first release, the format 1 had waits and logouts in fields that this release does not read.
  it.each([
    ['not JSON', 'it is not as this release writes it'],
    [journalOf({}), 'another release has written it'],
    [journalOf({ format: 1 }), 'another release has written it'],
    [journalOf({ format: 3 }), 'another release has written it'],
    [journalOf({ format: 2, tokens: [{}] }), 'tokens.0.token is not as this release writes it'],
  ])('of a journal that this release cannot read says so: %s', async (text, why) => {
    world.secret.put(crypto.randomUUID(), text, [JOURNAL]);
    await expect(read()).rejects.toMatchObject({
      code: 'session_invalid',
      message: expect.stringMatching(new RegExp(`label BLINK_LOGOUT.*: ${why}$`)),
    });
  });
});

describe('a claim', () => {
  it('is a journal that a person can read, and does not change the value', async () => {
    const before = currentText();
    const { record, reading } = await claim();
    expect(currentText()).toBe(before);
    const journal = world.secret.version({ label: JOURNAL });
    expect(JSON.parse(journal.text)).toEqual({
      format: 2,
      tokens: [
        {
          token: reading.token,
          versions: [reading.versionId],
          claims: [{ id: record.id, at: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:01:37.000Z' }],
          inDoubt: false,
        },
      ],
      history: [],
      signedInAt: '2026-01-01T00:00:00.000Z',
      writes: ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    });
    expect(journal.versionId).toBe(idAfter('none'));
    // Release 0.2.0 respects its label on a version of unknown form, and takes 64 digits for an entry of its own.
    expect(journal.labels).toContain('BLINK_LOGOUT_CLAIM');
    expect(journal.versionId).toHaveLength(63);
  });

  it('lasts as long as a run can live and its requests can be in flight, and no longer', async () => {
    await claim();
    await world.time.advance(95_000);
    await expect(claim()).rejects.toMatchObject({ code: 'session_busy', details: { retryAfterSeconds: 2 } });
    await world.time.advance(2_000);
    expect(await claim()).toMatchObject({ takesOver: true });
  });

  it('reads again after a conflict, waits between readings, and then says busy', async () => {
    const reading = await read();
    await drive(vault.endClaim(await claim(), UNSPENT, deadline()));
    const late = newVault();
    const startedAtMs = world.time.nowMs;
    // The labels that it reads stay old: it finds the journals by their ids.
    late.channel.staleMs = (which) => (which === 'version' ? 0 : 60_000);
    await drive(late.vault.claim(reading, deadline()));
    expect(world.time.nowMs - startedAtMs).toBeGreaterThan(150);
    expect(late.channel.actions.filter((action) => action === 'read version')).toHaveLength(3);
    expect(journals()).toHaveLength(3);
  });

  it('is bounded, if readings stay old', async () => {
    const reading = await read();
    await drive(vault.endClaim(await claim(), UNSPENT, deadline()));
    const late = newVault();
    late.channel.staleMs = () => 60_000;
    await expect(drive(late.vault.claim(reading, deadline()))).rejects.toMatchObject({
      code: 'session_busy',
      retryable: true,
    });
    expect(late.channel.actions.filter((action) => action.startsWith('put'))).toHaveLength(3);
  });

  it('is not made by a reading that is older than a run can live: the machine may have slept', async () => {
    const reading = await read();
    await world.time.advance(60_000);
    channel.actions.length = 0;
    await drive(vault.claim(reading, deadline()));
    expect(channel.actions.slice(0, 2)).toEqual(['read value', 'read journal']);
    expect(journals()).toHaveLength(1);
  });

  it('follows the journals by their ids where a person has taken the label off', async () => {
    for (let run = 0; run < 12; run++) await drive(vault.endClaim(await claim(), UNSPENT, deadline()));
    world.secret.moveLabel(JOURNAL, world.secret.version({ label: JOURNAL }).versionId, undefined);
    expect(await claim()).toMatchObject({ takesOver: false });
    expect(journals()).toHaveLength(25);
  });

  it('makes current the newest of several saves of dead runs', async () => {
    const dead: Claim[] = [];
    for (let death = 0; death < 2; death++) {
      dead.push(await claim());
      await world.time.advance(CLAIM_LIFE_MS + 1000);
    }
    for (const [index, { record }] of dead.entries()) {
      const text = JSON.stringify({ refresh_token: `token-${index}` });
      world.secret.put(saveId(record.id, 0), text, ['BLINK_LOGOUT_SAVED']);
    }
    expect((await claim()).reading.stored.refreshToken).toBe('token-1');
  });

  it('is left to the next run if the dead run’s save does not become visible in time', async () => {
    channel.on = once('move AWSCURRENT', 'before', 'killed');
    void vault.saveToken(await claim(), GRANT, deadline());
    await die();
    channel.staleMs = (which) => (which === 'value' ? 120_000 : 0);
    await expect(claim()).rejects.toMatchObject({ code: 'session_busy', retryable: true });
    expect(channel.actions).not.toContain('put claim');
  });

  it('is denied at once, without a repetition', async () => {
    let puts = 0;
    const denied = newVault(() => ({
      async putVersion() {
        puts += 1;
        throw DENIED;
      },
    }));
    await expect(drive(denied.vault.claim(await read(), deadline()))).rejects.toMatchObject({
      details: { awsError: 'AccessDeniedException' },
    });
    expect(puts).toBe(1);
  });
});

describe('promise 3: a save', () => {
  const untilMs = (ms: number) => {
    const endsAtMs = world.time.nowMs + ms;
    return (action: string, _moment: Moment) =>
      action === 'put save' && world.time.nowMs < endsAtMs ? ('unsent' as const) : undefined;
  };

  it.each<[what: string, on: () => ScriptedChannel['on'], deadlineMs: number, retries: number]>([
    ['put save goes unsent', () => once('put save', 'before', 'unsent'), 60_000, 1],
    ['put save goes unanswered', () => once('put save', 'after', 'unanswered'), 60_000, 1],
    ['move AWSCURRENT goes unsent', () => once('move AWSCURRENT', 'before', 'unsent'), 60_000, 1],
    ['move AWSCURRENT goes unanswered', () => once('move AWSCURRENT', 'after', 'unanswered'), 60_000, 1],
    ['the deadline is over, as on a machine that slept', () => () => undefined, 0, 0],
    ['only the last try works', () => untilMs(57_600), 60_000, 13],
  ])('is tried where %s', async (_, on, deadlineMs, tries) => {
    const claimed = await claim();
    channel.on = on();
    const saved = await save(claimed, deadlineMs);
    expect(world.secret.current().versionId).toBe(saved.versionId);
    expect(retries).toBe(tries);
  });

  it.each<[what: string, deadlineMs: number, fails: () => void]>([
    ['is never sent', 60_000, () => (channel.on = untilMs(100_000))],
    ['hangs', 20_000, () => (channel.call = () => new Promise(() => undefined))],
  ])('that %s reports its failure in time', async (_, deadlineMs, fails) => {
    const claimed = await claim();
    fails();
    const ends = world.time.deadline(deadlineMs);
    await expect(drive(vault.saveToken(claimed, GRANT, ends))).rejects.toMatchObject({ code: 'save_failed' });
    expect(ends.remainingMs()).toBeGreaterThanOrEqual(980);
    expect(ends.remainingMs()).toBeLessThanOrEqual(1000);
  });

  it('is tried again if the write is denied, because a right that comes in time saves the token', async () => {
    const claimed = await claim();
    let denials = 3;
    ({ vault } = newVault((store) => ({
      async putVersion(...put) {
        if (denials-- > 0) throw DENIED;
        return store.putVersion(...put);
      },
    })));
    const saved = await save(claimed);
    expect(world.secret.current().versionId).toBe(saved.versionId);
    expect(retries).toBe(3);
  });

  it.each([
    ['never sent: it is tried until the deadline', 'unsent', 7],
    ['denied: it is not tried again', 'denied', 0],
  ] as const)(
    'whose move is %s. The token is stored, and the next run makes it current',
    async (_, how, tries) => {
      const claimed = await claim();
      channel.on = (action) => (action === 'move AWSCURRENT' ? 'unsent' : undefined);
      if (how === 'denied') ({ vault } = newVault(() => ({ moveLabel: () => Promise.reject(DENIED) })));
      await expect(save(claimed, 10_000)).rejects.toMatchObject({ code: 'save_failed', retryable: true });
      expect(retries).toBe(tries);
      await die();
      expect((await claim()).reading.stored.refreshToken).toBe(GRANT.refreshToken);
    },
  );

  it.each([
    ['this version', 0],
    ['an earlier copy of it, because the claimed token was stored again', 1],
  ])('is a success where another run has made %s current', async (_, timesStoredAgain) => {
    const claimed = await claim();
    const text = currentText();
    const firstCopy = saveId(claimed.record.id, 0);
    let moves = 0;
    channel.on = (action, moment) => {
      if (action !== 'move AWSCURRENT' || moment !== 'before') return undefined;
      const { versionId } = world.secret.current();
      if (moves++ < timesStoredAgain) world.secret.put(crypto.randomUUID(), text, ['AWSCURRENT']);
      else world.secret.moveLabel('AWSCURRENT', versionId, firstCopy);
      return undefined;
    };
    expect((await save(claimed)).versionId).toBe(firstCopy);
    expect(world.secret.current().versionId).toBe(firstCopy);
  });

  it('that reads an old value after its move was refused looks again', async () => {
    const claimed = await claim();
    let reads = 0;
    channel.on = once('move AWSCURRENT', 'after', 'unanswered');
    channel.staleMs = () => (reads++ === 0 ? 60_000 : 0);
    const saved = await save(claimed);
    expect(saved.versionId).toBe(world.secret.current().versionId);
    expect(world.secret.versions().filter(({ text }) => text.includes(GRANT.refreshToken))).toHaveLength(1);
  });

  it.each([
    ['its own text: it goes on', (own: string) => own, 0],
    ['another text: it takes the next id', () => 'foreign', 1],
  ])('that is answered ResourceExistsException reads that version, and finds %s', async (_, textOf, copy) => {
    const claimed = await claim();
    const text = claimed.reading.stored.withGrant(GRANT);
    world.secret.put(saveId(claimed.record.id, 0), textOf(text), ['BLINK_LOGOUT_SAVED']);
    let isFirst = true;
    ({ vault } = newVault((store) => ({
      async putVersion(...put) {
        const wasFirst = isFirst;
        isFirst = false;
        return wasFirst ? 'conflict' : store.putVersion(...put);
      },
    })));
    const saved = await save(claimed);
    expect(saved.versionId).toBe(saveId(claimed.record.id, copy));
    expect(currentText()).toBe(text);
  });

  it('does not become current in a secret that was deleted and made again under the same name', async () => {
    const claimed = await claim();
    const again = new World();
    again.signIn();
    Object.defineProperty(again.secret, 'arn', { value: 'arn:another' });
    const before = again.secret.current();
    const save = newVault(undefined, again).vault.saveToken(claimed, GRANT, again.time.deadline(20_000));
    await expect(again.time.drive(save)).rejects.toMatchObject({ code: 'save_failed' });
    expect(again.secret.versions()).toEqual([before]);
  });

  it('of a token that Blink did not replace settles the claims before it', async () => {
    await claim();
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    const { refreshToken } = (await read()).stored;
    const claimed = await claim();
    await drive(vault.saveToken(claimed, { refreshToken, oauthClient: 'ios' }, deadline()));
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    expect(conditionOf(await read()).condition).toBe('ready');
    await drive(vault.saveToken(await claim(), { refreshToken, oauthClient: 'ios' }, deadline()));
    const { versionId } = world.secret.current();
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    await claim();
    expect(world.secret.current().versionId).toBe(versionId);
  });
});

describe('promise 4: a save', () => {
  it('of a dead run that comes late does not bar the way of the one that took over', async () => {
    const dead = await claim();
    const deadVault = vault;
    await die();
    const taker = await claim();
    await drive(deadVault.saveToken(dead, { ...GRANT, refreshToken: 'late' }, world.time.deadline(1500)));
    await expect(save(taker)).rejects.toMatchObject({ code: 'session_busy' });
    expect(world.secret.versions().filter(({ text }) => text.includes(GRANT.refreshToken))).toHaveLength(1);
  });
});

describe('the end of a claim', () => {
  it('is written on top of the newest journal', async () => {
    const slow = await claim();
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    const taker = newVault().vault;
    await drive(taker.claim(await read(), deadline()));
    await drive(vault.endClaim(slow, { what: 'refused', inDoubt: false }, deadline()));
    const { tokens, history } = JSON.parse(world.secret.version({ label: JOURNAL }).text);
    expect(tokens[0].claims).toHaveLength(1);
    expect(tokens[0]).toMatchObject({ inDoubt: true, refusedAt: expect.any(String) });
    expect(history).toMatchObject([{ what: 'refused' }]);
  });

  it('reads the journal again if a run cannot have lived so long: the machine may have slept', async () => {
    const claimed = await claim();
    channel.actions.length = 0;
    await drive(vault.endClaim(claimed, UNSPENT, deadline()));
    await world.time.advance(60_000);
    await drive(vault.endClaim(claimed, UNSPENT, deadline()));
    expect(channel.actions).toEqual(['put failed', 'read journal', 'read version', 'put failed']);
  });
});

describe('marks', () => {
  let tokens = 0;
  const saved = async () =>
    drive(
      vault.saveToken(await claim(), { refreshToken: `token-${++tokens}`, oauthClient: 'ios' }, deadline()),
    );

  it('go to where the run saved, from wherever an earlier logout left them', async () => {
    await drive(vault.markLoggedOut(await saved(), deadline()));
    await world.time.advance(CLAIM_LIFE_MS);
    expect(await drive(vault.markLoggedOut(await saved(), deadline()))).toBe(true);
    expect(world.secret.current().labels).toContain('BLINK_LOGGED_OUT');
    world.signIn();
    channel.actions.length = 0;
    expect(await drive(vault.markLoggedOut(await saved(), deadline()))).toBe(true);
    expect(channel.actions.filter((action) => action === 'move BLINK_LOGGED_OUT')).toHaveLength(1);
    await drive(release(await saved()));
    expect(await drive(vault.markLoggedOut(await saved(), deadline()))).toBe(true);
    expect(world.secret.current().labels).toContain('BLINK_LOGGED_OUT');
  });
});

test('promise 6: the secret has moved on where it holds another version, or where a dead run saved one', async () => {
  const dead = await claim();
  expect(await drive(vault.hasNewerToken(dead))).toBe(false);
  await world.time.advance(CLAIM_LIFE_MS + 1000);
  const taker = await claim();
  const text = JSON.stringify({ refresh_token: 'late' });
  world.secret.put(saveId(dead.record.id, 0), text, ['BLINK_LOGOUT_SAVED']);
  expect(await drive(vault.hasNewerToken(taker))).toBe(true);
  expect(currentText()).toContain('late');
  expect(await drive(vault.hasNewerToken(taker))).toBe(true);
});

it('remembers the ids that were looked up, for the tokens that follow and for no new sign-in', async () => {
  const IDS = { tier: 'e009', accountId: 5, clientId: '6' };
  world.secret.put(crypto.randomUUID(), '{"refresh_token":"bare"}', ['AWSCURRENT']);
  const grant = (refreshToken: string) => ({ refreshToken, oauthClient: 'ios' });
  const bare = await drive(vault.saveToken(await claim(), grant('t1'), deadline()));
  const { claim: ended, versionId: savedAs } = bare;
  await drive(vault.endClaim(ended, { what: 'saved', savedAs }, deadline(), IDS));
  expect((await read()).stored).toMatchObject(IDS);
  await drive(vault.saveToken(await claim(), grant('t2'), deadline()));
  expect((await read()).stored).toMatchObject(IDS);
  expect(currentText()).not.toContain('e009');
  await world.time.advance(CLAIM_LIFE_MS + 1000);
  expect((await claim()).reading.stored).toMatchObject(IDS);
  world.secret.put(crypto.randomUUID(), '{"refresh_token":"of-another-account"}', ['AWSCURRENT']);
  expect((await read()).stored.accountId).toBeUndefined();
  await claim();
  expect((await read()).stored.accountId).toBeUndefined();
});

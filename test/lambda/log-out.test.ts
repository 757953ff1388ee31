import { beforeEach, describe, expect, it, test } from 'vitest';
import { FUNCTION_TIMEOUT_SECONDS } from '../../lambda/environment.ts';
import { CLAIM_LIFE_MS, COOLING_MS, REPEATED_DELIVERY_MS } from '../../lambda/vault/session-state.ts';
import { type Family, storedText } from '../proof/models/blink-model.ts';
import { once, runScripted, startScripted } from '../proof/models/scripted-run.ts';
import { World } from '../proof/models/world.ts';

const TIMEOUT_MS = FUNCTION_TIMEOUT_SECONDS * 1000;
const FROM_READ_TO_SAVE = ['read value', 'read list', 'put claim', 'refresh', 'put save', 'move AWSCURRENT'];

let world: World;
let family: Family;

beforeEach(() => {
  world = new World();
  family = world.signIn();
});

const isSaved = () =>
  world.secret.current().text === storedText(family).replace('}', ',"oauth_client_id":"ios"}');
const spendsOf = (run: string) => world.blink.spends.filter((spend) => spend.run === run).length;

describe('a logout', () => {
  it('promise 3: reads, claims, refreshes, saves, logs out and marks, in this order and nothing else', async () => {
    const { end, actions } = await runScripted(world);
    expect(end).toBe('logged_out');
    expect(actions).toEqual([...FROM_READ_TO_SAVE, 'logout', 'move BLINK_LOGGED_OUT']);
    expect(isSaved()).toBe(true);
    expect(world.secret.current().labels).toContain('BLINK_LOGGED_OUT');
    expect(family.loggedOut).toBe(true);
  });

  it('tells account, client and Blink’s message', async () => {
    const end = await world.time.drive(
      world.start({
        id: 'run',
        channel: () => ({ call: async (_action, process) => process(), staleMs: () => 0 }),
      }),
    );
    expect(end).toEqual({
      kind: 'done',
      outcome: {
        outcome: 'logged_out',
        session: 'default',
        accountId: 7,
        clientId: family.clientId,
        message: 'logout',
      },
    });
  });

  it('of a session that is not there spends nothing', async () => {
    const { end } = await runScripted(world, { request: { session: 'other' } });
    expect(end).toBe('session_unknown');
    expect(world.blink.spends).toEqual([]);
  });

  it('of another client keeps this session, unmarked and free for the next', async () => {
    const { end, actions } = await runScripted(world, { request: { session: 'default', clientId: '99' } });
    expect(end).toBe('blink_rejected'); // the model knows no such client
    expect(actions.slice(-2)).toEqual(['logout', 'take off BLINK_LOGOUT_CLAIM']);
    expect(isSaved()).toBe(true);
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it('of another client is not repeated for a repeated delivery', async () => {
    world.blink.otherClients.add('99').add('98');
    const other = (clientId: string) => runScripted(world, { request: { session: 'default', clientId } });
    expect((await other('99')).end).toBe('logged_out');
    expect((await other('99')).end).toBe('already_logged_out');
    expect(world.blink.logouts).toHaveLength(1);
    expect((await other('98')).end).toBe('logged_out');
    await world.time.advance(REPEATED_DELIVERY_MS + 1000);
    expect((await other('98')).end).toBe('blink_rejected'); // it is asked for again, and is gone
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it('of another client with tokens that a logout has ended leaves the session logged out', async () => {
    expect((await runScripted(world)).end).toBe('logged_out');
    const { end } = await runScripted(world, { request: { session: 'default', clientId: '99' } });
    expect(end).toBe('reauthentication_required: refused_by_blink');
    await world.time.advance(REPEATED_DELIVERY_MS + 1000);
    expect((await runScripted(world)).end).toBe('already_logged_out');
  });

  it.each([406, 426, 429])(
    'that Blink answers with %i is not tried again for ten minutes',
    async (status) => {
      world.blink.logoutStatus = status;
      const first = await runScripted(world);
      expect(first.end).toBe(status === 429 ? 'too_many_logouts' : 'blink_rejected');
      expect(isSaved()).toBe(true);
      const spends = world.blink.spends.length;
      expect((await runScripted(world)).end).toBe('too_many_logouts');
      expect(world.blink.spends).toHaveLength(spends);
      world.blink.logoutStatus = 200;
      await world.time.advance(COOLING_MS + 1000);
      expect((await runScripted(world)).end).toBe('logged_out');
    },
  );

  it('succeeds though its mark fails', async () => {
    const { end } = await runScripted(world, { on: once('move BLINK_LOGGED_OUT', 'before', 'unsent') });
    expect(end).toBe('logged_out');
  });

  it('that Blink does not take leaves the new token saved and the session free at once', async () => {
    const first = await runScripted(world, {
      on: (action, moment) => (action === 'logout' && moment === 'before' ? 'unsent' : undefined),
    });
    expect(first.end).toBe('blink_unavailable');
    expect(isSaved()).toBe(true);
    expect((await runScripted(world)).end).toBe('logged_out');
  });
});

describe('promise 1: one generation is spent by one run at a time', () => {
  it('of two runs at once, one is busy', async () => {
    const ends = await world.time.drive(Promise.all([startScripted(world), startScripted(world)]));
    expect(ends.map(({ end }) => end).sort()).toEqual(['logged_out', 'session_busy']);
    expect(world.blink.spends).toHaveLength(1);
  });

  it('of two deliveries of one invocation, which share their request id, one is busy', async () => {
    const requestId = 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef';
    const ends = await world.time.drive(
      Promise.all([startScripted(world, { requestId }), startScripted(world, { requestId })]),
    );
    expect(ends.map(({ end }) => end).sort()).toEqual(['logged_out', 'session_busy']);
    expect(world.blink.spends).toHaveLength(1);
  });

  it('a run that reads what is no longer so is busy', async () => {
    await runScripted(world);
    const stale = await runScripted(world, { staleMs: () => 5000 });
    expect(stale.end).toBe('session_busy');
    expect(world.blink.spends).toHaveLength(1);
  });
});

describe('promise 2: nothing is spent', () => {
  it('unless a write to the secret has just worked', async () => {
    const { end, actions } = await runScripted(world, { on: once('put claim', 'before', 'unsent') });
    expect(end).toBe('secrets_unavailable');
    expect(actions).not.toContain('refresh');
  });

  it('unless enough time is left to save, and the claim is given back then', async () => {
    const { end, actions } = await runScripted(world, { timeoutMs: 18_000 });
    expect(end).toBe('secrets_unavailable');
    expect(actions).toEqual(['read value', 'read list', 'put claim', 'put end']);
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it('unless the caller can still be answered in time', async () => {
    const { end } = await runScripted(world, { answerWithinMs: 18_000 });
    expect(end).toBe('secrets_unavailable');
    expect(world.blink.spends).toEqual([]);
  });
});

test('promise 3: the save goes on past the moment at which the caller wanted its answer', async () => {
  const outage = { untilMs: world.time.nowMs + 40_000 };
  const { end } = await runScripted(world, {
    answerWithinMs: 28_000,
    on: (action, moment) =>
      action === 'put save' && moment === 'before' && world.time.nowMs < outage.untilMs
        ? 'unsent'
        : undefined,
  });
  expect(end).toBe('logged_out');
  expect(isSaved()).toBe(true);
});

test('promise 3: a refresh token that comes without an access token is saved, and the session is free at once', async () => {
  world.blink.grantsAccess = false;
  const { end, actions } = await runScripted(world);
  expect(end).toBe('blink_rejected');
  expect(actions).toEqual([...FROM_READ_TO_SAVE, 'take off BLINK_LOGOUT_CLAIM']);
  expect(isSaved()).toBe(true);
  world.blink.grantsAccess = true;
  expect((await runScripted(world)).end).toBe('logged_out');
});

test('promise 3: a save that never works says so before the run is ended', async () => {
  const { end } = await runScripted(world, {
    on: (action) => (action === 'put save' ? 'unsent' : undefined),
  });
  expect(end).toBe('save_failed');
  await world.time.advance(CLAIM_LIFE_MS);
  expect((await runScripted(world)).end).toBe('reauthentication_required: lost_between_refresh_and_save');
});

describe('promise 4: a sign-in that lands during the run', () => {
  it.each([
    ['put claim', 'before'],
    ['refresh', 'before'],
    ['put save', 'before'],
    ['put save', 'after'],
    ['move AWSCURRENT', 'before'],
  ] as const)('%s, %s it is processed: is kept, and is not logged out', async (action, moment) => {
    let newer = family;
    const { end, actions } = await runScripted(world, {
      on: once(action, moment, () => {
        newer = world.signIn();
        return undefined;
      }),
    });
    expect(end).toBe('session_busy');
    expect(actions).not.toContain('logout');
    expect(world.secret.current().text).toBe(storedText(newer));
    expect((await runScripted(world)).end).toBe('logged_out');
    expect(newer.loggedOut).toBe(true);
  });
});

describe('promise 5: a run that died', () => {
  const killedAt = (action: string, moment: 'before' | 'after') =>
    runScripted(world, { on: once(action, moment, 'killed') });

  it.each([
    ['put claim', 'before', 'logged_out'],
    ['put claim', 'after', 'logged_out'],
    ['refresh', 'before', 'logged_out'],
    ['refresh', 'after', 'reauthentication_required: lost_between_refresh_and_save'],
    ['put save', 'before', 'reauthentication_required: lost_between_refresh_and_save'],
    ['put save', 'after', 'logged_out'],
    ['move AWSCURRENT', 'before', 'logged_out'],
    ['move AWSCURRENT', 'after', 'logged_out'],
    ['logout', 'before', 'logged_out'],
    // Blink does not tell a logout from any other reason to refuse the token.
    ['logout', 'after', 'reauthentication_required: refused_by_blink'],
    ['move BLINK_LOGGED_OUT', 'before', 'reauthentication_required: refused_by_blink'],
    ['move BLINK_LOGGED_OUT', 'after', 'already_logged_out'],
  ] as const)('%s, %s it was processed: is found by the next: %s', async (action, moment, next) => {
    expect((await killedAt(action, moment)).end).toBe('killed');
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    expect((await runScripted(world)).end).toBe(next);
  });

  it('is not taken over while it may be alive', async () => {
    await killedAt('refresh', 'before');
    await world.time.advance(TIMEOUT_MS);
    expect((await runScripted(world)).end).toBe('session_busy');
  });

  it('whose token is lost is told again without asking Blink, until somebody signs in', async () => {
    await killedAt('refresh', 'after');
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    await runScripted(world);
    const spends = world.blink.spends.length;
    const { end } = await runScripted(world);
    expect(end).toBe('reauthentication_required: lost_between_refresh_and_save');
    expect(world.blink.spends).toHaveLength(spends);
    world.signIn();
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it('time and again leads to a sign-in, never to a loop', async () => {
    const ends: string[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      ends.push((await killedAt('refresh', 'before')).end);
      await world.time.advance(CLAIM_LIFE_MS + 1000);
    }
    expect(ends).toEqual([...Array(4).fill('killed'), 'reauthentication_required: takeovers_exhausted']);
    world.signIn();
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it('is asked for what it saved by the version’s id before its token is spent again', async () => {
    await killedAt('put save', 'after');
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    const savedId = world.secret.versions().at(-1)?.versionId;
    let reads = 0;
    const { end, actions } = await runScripted(world, {
      // Value and list are from before the save was seen; by its id the version is there.
      staleMs: () => (reads++ < 2 ? CLAIM_LIFE_MS + 1000 + 25 : 0),
    });
    expect(end).toBe('logged_out');
    expect(actions.slice(2, 4)).toEqual(['read version', 'move AWSCURRENT']);
    expect(world.secret.current().versionId).not.toBe(savedId); // one further, by a refresh of its own
    expect(world.blink.spends.map(({ issued }) => issued !== undefined)).toEqual([true, true]);
  });
});

describe('promise 5: a token that was lost is told of, though the session had been logged out before', () => {
  beforeEach(async () => {
    world.blink.logoutEndsTokens = false;
    expect((await runScripted(world)).end).toBe('logged_out');
    await world.time.advance(REPEATED_DELIVERY_MS + 1000);
  });

  it('where a run died between refresh and save', async () => {
    expect((await runScripted(world, { on: once('refresh', 'after', 'killed') })).end).toBe('killed');
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    const lost = 'reauthentication_required: lost_between_refresh_and_save';
    expect((await runScripted(world)).end).toBe(lost);
    expect((await runScripted(world)).end).toBe(lost);
  });

  it('where Blink’s answer was lost within the run', async () => {
    const { end } = await runScripted(world, { on: once('refresh', 'after', 'unanswered') });
    expect(end).toBe('reauthentication_required: lost_between_refresh_and_save');
  });
});

describe('promise 6: a refused token', () => {
  it('is looked at again by a run that could not read on, which has lost nothing', async () => {
    family.revoked = true;
    let refused = false;
    const first = await runScripted(world, {
      on: (action, moment) => {
        refused ||= action === 'refresh';
        return refused && action === 'read value' && moment === 'before' ? 'unsent' : undefined;
      },
    });
    expect(first.end).toBe('secrets_unavailable');
    expect((await runScripted(world)).end).toBe('reauthentication_required: refused_by_blink');
  });

  it('is not taken for an older one by a read that lags behind', async () => {
    await world.time.advance(60_000);
    family = world.signIn();
    await world.time.advance(6_000);
    family.revoked = true;
    let refused = false;
    const { end } = await runScripted(world, {
      on: (action) => {
        refused ||= action === 'refresh';
        return undefined;
      },
      staleMs: (read) => (refused && read === 'version' ? 7_000 : 0),
    });
    expect(end).toBe('reauthentication_required: refused_by_blink');
  });

  it('is not final where the secret has moved on: the newer one is used, once', async () => {
    family.revoked = true;
    const { end } = await runScripted(world, {
      id: 'run',
      on: once('refresh', 'after', () => {
        world.signIn();
        return undefined;
      }),
    });
    expect(end).toBe('logged_out');
    expect(spendsOf('run')).toBe(2);
  });

  it('is final where the newer one is refused too', async () => {
    family.revoked = true;
    const { end } = await runScripted(world, {
      id: 'run',
      on: (action, moment) => {
        if (action === 'refresh' && moment === 'before') world.signIn().revoked = true;
        return undefined;
      },
    });
    expect(end).toBe('reauthentication_required: refused_by_blink');
    expect(spendsOf('run')).toBe(2);
  });

  it('is a success where its session has been logged out', async () => {
    await runScripted(world);
    await world.time.advance(REPEATED_DELIVERY_MS + 1000);
    expect(await runScripted(world, { id: 'late' })).toMatchObject({ end: 'already_logged_out' });
    expect(spendsOf('late')).toBe(1);
    expect((await runScripted(world)).end).toBe('already_logged_out');
  });

  it('needs a sign-in else, and is not sent again', async () => {
    family.revoked = true;
    expect((await runScripted(world, { id: 'first' })).end).toBe(
      'reauthentication_required: refused_by_blink',
    );
    expect(spendsOf('first')).toBe(1);
    await world.time.advance(CLAIM_LIFE_MS);
    const second = await runScripted(world);
    expect(second.end).toBe('reauthentication_required: refused_by_blink');
    expect(second.actions).toEqual(['read value', 'read list']);
  });

  it.each(['unanswered', 'late'] as const)(
    'was lost where Blink had spent it on a try: %s',
    async (mishap) => {
      const { end, actions } = await runScripted(world, { on: once('refresh', 'after', mishap) });
      expect(end).toBe('reauthentication_required: lost_between_refresh_and_save');
      // In this order: a claim that is given back first lets another run ask Blink with the refused token.
      expect(actions.slice(-2)).toEqual(['move BLINK_REFUSED', 'put end']);
      const second = await runScripted(world);
      expect(second.end).toBe('reauthentication_required: lost_between_refresh_and_save');
      expect(second.actions).not.toContain('refresh');
    },
  );
});

test('promise 5: a run that dies while it says that the token was lost is found by the next', async () => {
  let lost = false;
  const { end } = await runScripted(world, {
    on: (action, moment) => {
      if (action === 'refresh' && moment === 'after' && !lost) {
        lost = true;
        return 'unanswered';
      }
      return action === 'put end' && moment === 'before' ? 'killed' : undefined;
    },
  });
  expect(end).toBe('killed');
  expect((await runScripted(world)).end).toBe('reauthentication_required: lost_between_refresh_and_save');
});

test('promise 8: a run for whose versions there is no room is refused before it spends', async () => {
  for (let index = 0; index < 90; index++) world.signIn();
  const { end, actions } = await runScripted(world);
  expect(end).toBe('too_many_logouts');
  expect(actions).toEqual(['read value', 'read list']);
});

test('promise 9: a repeated delivery is answered, and spends nothing', async () => {
  await runScripted(world);
  const repeated = await runScripted(world, { id: 'repeated' });
  expect(repeated).toEqual({ end: 'already_logged_out', actions: ['read value', 'read list'] });
});

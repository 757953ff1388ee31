import { beforeEach, describe, expect, it, test } from 'vitest';
import { REJECTED_SECONDS } from '../../../lambda/core/blink/blink-failure.ts';
import { CLAIM_LIFE_MS } from '../../../lambda/core/claim-life.ts';
import { REPEATED_DELIVERY_MS } from '../../../lambda/core/condition.ts';
import { type Family, storedText } from '../../proof/models/blink-model.ts';
import { AT_ONCE, type Read } from '../../proof/models/channel.ts';
import { once, runScripted } from '../../proof/models/scripted-run.ts';
import { World } from '../../proof/models/world.ts';

const REJECTED_MS = REJECTED_SECONDS * 1000;
/** Of a run after another, as if both had read at once. */
const READ_BEFORE = (read: Read) => (read === 'version' ? 0 : 300);
const READ = ['read value', 'read journal'];
const FROM_READ_TO_SAVE = [
  'read value',
  'read journal',
  'put claim',
  'refresh',
  'put save',
  'move AWSCURRENT',
];

const LOST = 'reauthentication_required: lost_between_refresh_and_save';
const REFUSED = 'reauthentication_required: refused_by_blink';

let world: World;
let family: Family;

beforeEach(() => {
  world = new World();
  family = world.signIn();
});

const isSaved = () =>
  world.secret.current().text === storedText(family).replace('}', ',"oauth_client_id":"ios"}');
const endOf = (id: string) => world.time.drive(world.start({ id, channel: () => AT_ONCE }));
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

  it('of a session that is not there spends nothing', async () => {
    const { end } = await runScripted(world, { request: { session: 'other' } });
    expect(end).toBe('session_unknown');
    expect(world.blink.spends).toEqual([]);
  });

  it('of another client that Blink rejects keeps this session, unmarked and free for the next', async () => {
    const { end, actions } = await runScripted(world, { request: { session: 'default', clientId: '99' } });
    expect(end).toBe('blink_rejected'); // the model knows no such client
    expect(actions.slice(-3)).toEqual(['logout', 'list clients', 'put rejected']);
    expect(isSaved()).toBe(true);
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  describe('that Blink answers with 404', () => {
    const gone = (clientId?: string) =>
      runScripted(world, { request: { session: 'default', ...(clientId !== undefined && { clientId }) } });

    it('has nothing to log out where the list of clients agrees: the session’s own', async () => {
      Object.assign(world.blink, { listsClients: true, ownIsRemoved: true });
      const { end, actions } = await gone();
      expect(end).toBe('nothing_to_log_out');
      expect(actions.slice(-4)).toEqual(['logout', 'list clients', 'look up', 'move BLINK_LOGGED_OUT']);
      expect(isSaved()).toBe(true);
      expect((await gone()).end).toBe('already_logged_out');
    });

    it('has nothing to log out where the list of clients agrees: another', async () => {
      world.blink.listsClients = true;
      expect((await gone('99')).end).toBe('nothing_to_log_out');
      expect((await gone('99')).end).toBe('already_logged_out');
      expect((await gone()).end).toBe('logged_out');
    });

    it('is rejected where the access token is of another client: the stored client id is wrong', async () => {
      Object.assign(world.blink, { listsClients: true, ownIsRemoved: true, homeScreenClient: '5' });
      expect((await gone()).end).toBe('blink_rejected');
      expect(world.secret.current().labels).not.toContain('BLINK_LOGGED_OUT');
    });

    it('is rejected where Blink shows no list, or lists the client', async () => {
      world.blink.ownIsRemoved = true;
      expect((await gone()).end).toBe('blink_rejected');
      await world.time.advance(REJECTED_MS + 1000);
      Object.assign(world.blink, { listsClients: true, logoutStatus: 404, ownIsRemoved: false });
      expect((await gone()).end).toBe('blink_rejected');
    });
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

  it('promise 9: of another client is not repeated by a run that had read before', async () => {
    world.blink.otherClients.add('99');
    const request = { session: 'default', clientId: '99' };
    await world.time.advance(10_000);
    expect((await runScripted(world, { request })).end).toBe('logged_out');
    const { end, actions } = await runScripted(world, { request, staleMs: READ_BEFORE });
    expect([end, actions]).toEqual(['session_busy', expect.arrayContaining(['put claim'])]);
    expect((await runScripted(world, { request })).end).toBe('already_logged_out');
    expect(world.blink.spends).toHaveLength(1);
  });

  it('of another client with tokens that a logout has ended leaves the session logged out', async () => {
    expect((await runScripted(world)).end).toBe('logged_out');
    const { end } = await runScripted(world, { request: { session: 'default', clientId: '99' } });
    expect(end).toBe(REFUSED);
    await world.time.advance(REPEATED_DELIVERY_MS + 1000);
    expect((await runScripted(world)).end).toBe('nothing_to_log_out');
  });

  it.each([406, 426, 429])(
    'that Blink answers with %i is not tried again for ten minutes',
    async (status) => {
      world.blink.logoutStatus = status;
      const first = await runScripted(world);
      expect(first.end).toBe(status === 429 ? 'rate_limited' : 'blink_rejected');
      expect(isSaved()).toBe(true);
      const spends = world.blink.spends.length;
      for (const clientId of [family.clientId, '99']) {
        const { end } = await runScripted(world, { request: { session: 'default', clientId } });
        expect(end).toBe('cooling_down');
      }
      expect(world.blink.spends).toHaveLength(spends);
      world.blink.logoutStatus = 200;
      await world.time.advance(REJECTED_MS + 1000);
      expect((await runScripted(world)).end).toBe('logged_out');
    },
  );

  it('succeeds though its mark fails: the journal says so', async () => {
    const on = (action: string) => (action === 'move BLINK_LOGGED_OUT' ? ('unsent' as const) : undefined);
    const { end, actions } = await runScripted(world, { on });
    expect([end, ...actions.slice(-2)]).toEqual(['logged_out', 'move BLINK_LOGGED_OUT', 'put logged_out']);
    expect((await runScripted(world)).end).toBe('already_logged_out');
    await world.time.advance(REPEATED_DELIVERY_MS + 1000);
    expect((await runScripted(world)).end).toBe('nothing_to_log_out');
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

describe('promise 2: nothing is spent', () => {
  it('unless a write to the secret has just worked', async () => {
    const { end, actions } = await runScripted(world, {
      on: (action) => (action === 'put claim' ? 'unsent' : undefined),
    });
    expect(end).toBe('secrets_unavailable');
    expect(actions).not.toContain('refresh');
  });

  it('unless enough time is left to save, and the claim is given back then', async () => {
    const { end, actions } = await runScripted(world, { timeoutMs: 18_000 });
    expect(end).toBe('secrets_unavailable');
    expect(actions).toEqual([...READ, 'put claim', 'put failed']);
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it.each([
    [18_500, 1],
    [19_500, 2],
  ])(
    'by a repetition that could not be saved before the timeout: %i ms, %i tries',
    async (timeoutMs, tries) => {
      world.blink.refreshStatus = 503;
      const { end, actions } = await runScripted(world, { timeoutMs });
      expect(end).toBe('blink_unavailable');
      expect(actions.filter((action) => action === 'refresh')).toHaveLength(tries);
    },
  );
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
    // The token that the run received is kept beside it.
    const { issued } = world.blink.spends[0] ?? {};
    expect(world.secret.versions().map(({ text }) => text)).toContainEqual(
      expect.stringContaining(`${issued}"`),
    );
    expect((await runScripted(world)).end).toBe('logged_out');
    expect(newer.loggedOut).toBe(true);
  });
});

describe('promise 5: a run that died', () => {
  const killedAt = (action: string, moment: 'before' | 'after') =>
    runScripted(world, { on: once(action, moment, 'killed') });

  it('time and again slows the next tries down, and never ends the session', async () => {
    const MINUTE_MS = 60_000;
    const waits = [10, 60, 360, 24 * 60, 24 * 60].map((minutes) => minutes * MINUTE_MS);
    for (let death = 0; death < 3; death++) {
      expect((await killedAt('refresh', 'before')).end).toBe('killed');
      await world.time.advance(CLAIM_LIFE_MS + 1000);
    }
    for (const waitMs of waits) {
      await world.time.advance(waitMs - CLAIM_LIFE_MS - 10_000);
      expect((await runScripted(world)).end).toBe('cooling_down');
      await world.time.advance(20_000);
      expect((await killedAt('refresh', 'before')).end).toBe('killed');
      await world.time.advance(CLAIM_LIFE_MS + 1000);
    }
    await world.time.advance(24 * 60 * MINUTE_MS);
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it.each([
    ['lost', 'after', 'unanswered'],
    ['late', 'before', 'late'],
  ] as const)(
    'before Blink was asked, because its claim’s answer was %s, is no claim without a report',
    async (_name, moment, mishap) => {
      for (let run = 0; run < 8; run++) {
        let puts = 0;
        const { end } = await runScripted(world, {
          on: (action, at) => (action.startsWith('put') && at === moment && puts++ < 3 ? mishap : undefined),
          landsAfterMs: 20_000,
        });
        expect(end).toBe('secrets_unavailable');
        await world.time.advance(60_000);
      }
      expect(world.blink.spends).toEqual([]);
      expect((await runScripted(world)).end).toBe('logged_out');
    },
  );

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
    expect(actions.slice(2, 5)).toEqual(['read version', 'read version', 'move AWSCURRENT']);
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
    const lost = LOST;
    expect((await runScripted(world)).end).toBe(lost);
    expect((await runScripted(world)).end).toBe(lost);
  });

  it('where Blink’s answer was lost within the run', async () => {
    const { end } = await runScripted(world, { on: once('refresh', 'after', 'unanswered') });
    expect(end).toBe(LOST);
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
    expect((await runScripted(world)).end).toBe(REFUSED);
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
    expect(end).toBe(REFUSED);
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
    expect(end).toBe(REFUSED);
    expect(spendsOf('run')).toBe(2);
  });

  it('is a success where its session has been logged out', async () => {
    await runScripted(world);
    await world.time.advance(REPEATED_DELIVERY_MS + 1000);
    expect(await runScripted(world, { id: 'late' })).toMatchObject({ end: 'nothing_to_log_out' });
    expect(spendsOf('late')).toBe(1);
    expect(await runScripted(world)).toEqual({ end: 'nothing_to_log_out', actions: READ });
    // Since the logout that ended the token.
    const since = new Date(world.secret.current().createdAtMs).toISOString();
    expect(await endOf('later')).toMatchObject({ outcome: { outcome: 'nothing_to_log_out', since } });
  });

  it('needs a sign-in else, and is not sent again', async () => {
    family.revoked = true;
    expect((await runScripted(world, { id: 'first' })).end).toBe(REFUSED);
    expect(spendsOf('first')).toBe(1);
    await world.time.advance(CLAIM_LIFE_MS);
    const second = await runScripted(world);
    expect(second.end).toBe(REFUSED);
    expect(second.actions).toEqual(READ);
  });

  it('was lost where Blink had spent it on a try whose answer was lost', async () => {
    const { end } = await runScripted(world, { on: once('refresh', 'after', 'unanswered') });
    expect(end).toBe(LOST);
    const second = await runScripted(world);
    expect(second).toEqual({ end: LOST, actions: READ });
  });
});

test('promise 5: a run that dies while it says that the token was lost is found by the next', async () => {
  let lost = false;
  const { end } = await runScripted(world, {
    on: (action, moment) => {
      if (action === 'refresh' && moment === 'after' && !lost) {
        lost = true;
        return 'unanswered';
      }
      return action === 'put refused' && moment === 'before' ? 'killed' : undefined;
    },
  });
  expect(end).toBe('killed');
  await world.time.advance(CLAIM_LIFE_MS + 1000);
  expect((await runScripted(world)).end).toBe(LOST);
});

describe('promise 8: a run for whose versions there is no room is refused before it spends', () => {
  it('because runs have written so many within a day', async () => {
    world.blink.logoutEndsTokens = false;
    for (let run = 0; run < 45; run++) {
      expect((await runScripted(world)).end, `run ${run}`).toBe('logged_out');
      await world.time.advance(REPEATED_DELIVERY_MS + 1000);
    }
    expect(await runScripted(world)).toEqual({ end: 'secret_full', actions: READ });
    await world.time.advance(24 * 60 * 60 * 1000);
    expect((await runScripted(world)).end).toBe('logged_out');
  });

  it('because people have', async () => {
    while (world.secret.versions().length < 100) world.signIn();
    const { end, actions } = await runScripted(world);
    expect(end).toBe('secret_full');
    expect(actions).toEqual([...READ, 'put claim']);
  });
});

test('promise 9: a repeated delivery is answered, and spends nothing', async () => {
  await runScripted(world);
  const repeated = await runScripted(world, { id: 'repeated' });
  expect(repeated).toEqual({ end: 'already_logged_out', actions: READ });
  await world.time.advance(5 * 60_000 + 1_000);
  expect((await runScripted(world)).end).not.toBe('already_logged_out');
});

describe('promise 10: a doubt about a token outlives everything but a new token', () => {
  it.each([406, 426, 429, 403])(
    'such as a rejection with %i after a try that was processed',
    async (status) => {
      world.blink.logoutEndsTokens = false;
      expect((await runScripted(world)).end).toBe('logged_out');
      await world.time.advance(REPEATED_DELIVERY_MS + 1000);
      const first = await runScripted(world, {
        on: once('refresh', 'after', () => {
          world.blink.refreshStatus = status;
          return 'unanswered';
        }),
      });
      expect(first.end).toBe(status === 429 ? 'rate_limited' : 'blink_rejected');
      world.blink.refreshStatus = 200;
      await world.time.advance(REJECTED_MS + 1000);
      expect((await runScripted(world)).end).toBe(LOST);
      await world.time.advance(2 * 24 * 60 * 60 * 1000);
      expect((await runScripted(world)).end).toBe(LOST);
    },
  );

  it('such as many attempts whose entries Secrets Manager has removed, and the same token stored again', async () => {
    world.blink.reusePolicy = 'refuse';
    await runScripted(world, { on: once('refresh', 'after', 'late') });
    const day = 24 * 60 * 60 * 1000;
    for (let night = 0; night < 120; night++) {
      await world.time.advance(day);
      const { end } = await runScripted(world, {
        on: (action) => (action === 'refresh' ? 'unsent' : undefined),
      });
      expect(end).toBe('blink_unavailable');
    }
    expect(world.secret.versions()).toHaveLength(100);
    world.secret.put(crypto.randomUUID(), world.secret.current().text, ['AWSCURRENT']);
    expect((await runScripted(world)).end).toBe(LOST);
  });
});

describe('promise 11: a refresh that was given up', () => {
  it('is not sent again by this run, nor by another before the first can no longer arrive', async () => {
    world.blink.reusePolicy = 'revoke_family';
    const first = await runScripted(world, { on: once('refresh', 'before', 'late'), landsAfterMs: 29_000 });
    expect(first.end).toBe('blink_timeout');
    expect(first.actions.filter((action) => action === 'refresh')).toHaveLength(1);
    await world.time.advance(30_000);
    expect((await runScripted(world)).end).toBe('session_busy');
    await world.time.advance(CLAIM_LIFE_MS);
    expect((await runScripted(world)).end).toBe(LOST);
    const [landed, next] = world.blink.spends;
    expect(next?.sentAtMs).toBeGreaterThan(landed?.atMs ?? 0);
  });
});

describe('promise 12: a definite no is not asked for again soon', () => {
  const rejections = () => world.blink.rejections.length;

  it('where the rest cannot be written at first', async () => {
    world.blink.refreshStatus = 429;
    const until = world.time.nowMs + 20_000;
    const { end } = await runScripted(world, {
      on: (action) => (action === 'put failed' && world.time.nowMs < until ? 'unsent' : undefined),
    });
    expect(end).toBe('rate_limited');
    await world.time.advance(CLAIM_LIFE_MS + 10_000);
    expect((await runScripted(world)).end).toBe('cooling_down');
    expect(rejections()).toBe(1);
  });

  it('where the run had read a version that was no longer current', async () => {
    world.blink.refreshStatus = 429;
    await world.time.advance(10_000);
    world.signIn();
    await world.time.advance(4_000);
    expect((await runScripted(world, { staleMs: () => 8_000 })).end).toBe('rate_limited');
    expect((await runScripted(world)).end).toBe('cooling_down');
    expect(rejections()).toBe(1);
    await world.time.advance(60_000);
    world.signIn();
    await runScripted(world);
    expect(rejections()).toBe(2);
  });

  it.each([
    ['refresh', 429],
    ['refresh', 406],
    ['refresh', 503],
    ['logout', 403],
    ['logout', 429],
  ] as const)(
    'as the answer to a %s with %i before the wait is over that Blink asked for',
    async (call, status) => {
      const requests = () => rejections() + world.blink.spends.length;
      world.blink.retryAfter = '7200';
      world.blink[`${call}Status`] = status;
      await runScripted(world);
      const asked = requests();
      await world.time.advance(7_190_000);
      expect((await runScripted(world)).end).toBe('cooling_down');
      expect(requests()).toBe(asked);
      await world.time.advance(20_000);
      world.blink[`${call}Status`] = 200;
      expect((await runScripted(world)).end).toMatch(/logged_out|lost/);
    },
  );

  it.each([
    ['own', { session: 'default' }],
    ['another', { session: 'default', clientId: '99' }],
  ])('by a run that had read before the answer came: %s', async (_, request) => {
    world.blink.logoutStatus = 403;
    await world.time.advance(10_000);
    expect((await runScripted(world, { request })).end).toBe('blink_rejected');
    const { end, actions } = await runScripted(world, { request, staleMs: READ_BEFORE });
    expect([end, actions]).toEqual(['cooling_down', expect.arrayContaining(['put claim'])]);
    expect(world.blink.spends).toHaveLength(1);
  });

  it('for the same client: the request rests for ten minutes, another does not', async () => {
    const wrong = { session: 'default', clientId: '99' };
    expect((await runScripted(world, { request: wrong })).end).toBe('blink_rejected');
    const repeated = await runScripted(world, { request: wrong });
    expect(repeated).toEqual({ end: 'cooling_down', actions: READ });
    expect((await runScripted(world)).end).toBe('logged_out');
    await world.time.advance(REJECTED_MS + 1000);
    world.blink.logoutEndsTokens = false;
    world.blink.otherClients.add('99');
    world.signIn();
    expect((await runScripted(world, { request: wrong })).end).toBe('logged_out');
  });
});

describe('the claimed token stored again during the run', () => {
  it.each(['put claim', 'refresh', 'put save', 'move AWSCURRENT'])(
    'at %s: the new token is applied to the newer text',
    async (action) => {
      const { end } = await runScripted(world, {
        on: once(action, 'before', () => {
          const edited = storedText(family)
            .replace('{', '{"note":"edited",')
            .replace(family.newest, String(world.blink.spends[0]?.token ?? family.newest));
          world.secret.put(crypto.randomUUID(), edited, ['AWSCURRENT']);
          return undefined;
        }),
      });
      expect(end).toBe('logged_out');
      expect(world.secret.current().text).toContain('edited');
      expect(world.secret.current().text).toContain(family.newest);
      expect(world.secret.current().labels).toContain('BLINK_LOGGED_OUT');
    },
  );

  it('after its successor was saved: the next run goes back to the successor', async () => {
    const spent = storedText(family);
    world.blink.logoutEndsTokens = false;
    await runScripted(world);
    world.secret.put(crypto.randomUUID(), spent, ['AWSCURRENT']);
    await world.time.advance(CLAIM_LIFE_MS + 1000);
    expect((await runScripted(world)).end).toBe('logged_out');
    expect(world.secret.current().text).toContain(family.newest);
  });
});

it.each([7, 'two words', 'x'.repeat(9000)])(
  'promise 10: a success with an unusable refresh token, %o, is an answer that was not received: the token is in doubt',
  async (token) => {
    world.blink.refreshTokenInAnswer = token;
    world.blink.logoutEndsTokens = false;
    expect((await runScripted(world)).end).toBe('blink_rejected');
    expect(world.blink.logouts).toEqual([]);
    world.blink.refreshTokenInAnswer = undefined;
    await world.time.advance(REJECTED_MS + 1000);
    expect((await runScripted(world)).end).toBe(LOST);
  },
);

describe('the session’s own client, named by the caller while the secret names none', () => {
  const request = () => ({ session: 'default', clientId: family.clientId });
  beforeEach(() => {
    const text = storedText(family).replace(`"client_id":"${family.clientId}",`, '');
    world.secret.put(crypto.randomUUID(), text, ['AWSCURRENT']);
  });

  it('is looked up and treated as such', async () => {
    expect((await runScripted(world, { request: request() })).end).toBe('logged_out');
    expect(world.secret.current().labels).toContain('BLINK_LOGGED_OUT');
    expect((await runScripted(world)).end).toBe('already_logged_out');
  });

  it('is logged out though the look-up fails', async () => {
    const on = (action: string) => (action === 'look up' ? ('unsent' as const) : undefined);
    expect((await runScripted(world, { request: request(), on })).end).toBe('logged_out');
    expect(family.loggedOut).toBe(true);
  });

  it('is rejected if Blink knows no such client: without the own id, no list is asked for', async () => {
    Object.assign(world.blink, { listsClients: true, ownIsRemoved: true });
    const on = (action: string) => (action === 'look up' ? ('unsent' as const) : undefined);
    const { end, actions } = await runScripted(world, { request: request(), on });
    expect(end).toBe('blink_rejected');
    expect(actions).not.toContain('list clients');
  });
});

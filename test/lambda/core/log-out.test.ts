import { beforeEach, describe, expect, it, test } from 'vitest';
import { REJECTED_SECONDS } from '../../../lambda/core/blink/blink-failure.ts';
import { CLAIM_LIFE_MS } from '../../../lambda/core/claim-life.ts';
import { REPEATED_DELIVERY_MS } from '../../../lambda/core/condition.ts';
import { type BlinkModel, type Family, storedText } from '../../proof/models/blink-model.ts';
import { AT_ONCE, type Read } from '../../proof/models/channel.ts';
import { endsOf, once, runScripted, type Script } from '../../proof/models/scripted-run.ts';
import { World } from '../../proof/models/world.ts';

/** When a repetition is a new request, a rejected one is sent again, and a dead run's claim has ended. */
const LATER_MS = REPEATED_DELIVERY_MS + 1000;
const RESTED_MS = REJECTED_SECONDS * 1000 + 1000;
const DEAD_MS = CLAIM_LIFE_MS + 1000;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Of a run after another, as if both had read at once. */
const READ_BEFORE = (read: Read) => (read === 'version' ? 0 : 300);
const READ = ['read value', 'read journal'];
const FROM_READ_TO_SAVE = [...READ, 'put claim', 'refresh', 'put save', 'move AWSCURRENT'];

const LOST = 'reauthentication_required: lost_between_refresh_and_save';
const REFUSED = 'reauthentication_required: refused_by_blink';

let world: World;
let family: Family;

beforeEach(() => {
  world = new World();
  family = world.signIn();
});

const run = (script?: Script) => runScripted(world, script);
const ends = (...steps: (Script | number)[]) => endsOf(world, ...steps);
const other = (clientId: string) => ({ request: { session: 'default', clientId } });
const never = (action: string): Script => ({ on: (actual) => (actual === action ? 'unsent' : undefined) });
const isSaved = () =>
  world.secret.current().text === storedText(family).replace('}', ',"oauth_client_id":"ios"}');
const isMarked = () => world.secret.current().labels.includes('BLINK_LOGGED_OUT');
const spendsOf = (id: string) => world.blink.spends.filter((spend) => spend.run === id).length;

describe('a logout', () => {
  it('promise 3: reads, claims, refreshes, saves, logs out and marks, in this order and nothing else', async () => {
    const { end, actions } = await run();
    expect(end).toBe('logged_out');
    expect(actions).toEqual([...FROM_READ_TO_SAVE, 'logout', 'move BLINK_LOGGED_OUT']);
    expect([isSaved(), isMarked(), family.loggedOut]).toEqual([true, true, true]);
  });

  it('of a session that is not there spends nothing', async () => {
    expect(await ends({ request: { session: 'other' } })).toEqual(['session_unknown']);
    expect(world.blink.spends).toEqual([]);
  });

  it('succeeds though its mark fails: the journal says so', async () => {
    const { end, actions } = await run(never('move BLINK_LOGGED_OUT'));
    expect([end, ...actions.slice(-2)]).toEqual(['logged_out', 'move BLINK_LOGGED_OUT', 'put logged_out']);
    expect(await ends({}, LATER_MS, {})).toEqual(['already_logged_out', 'nothing_to_log_out']);
  });

  it('that Blink does not take leaves the new token saved and the session free at once', async () => {
    expect(await ends(never('logout'))).toEqual(['blink_unavailable']);
    expect(isSaved()).toBe(true);
    expect(await ends({})).toEqual(['logged_out']);
  });

  const AGREES = { listsClients: true, ownIsRemoved: true };
  it.each<[what: string, blink: Partial<BlinkModel>, clientId: string | undefined, isGone: boolean]>([
    ['there is nothing to log out where the list agrees', AGREES, undefined, true],
    [
      'there is nothing to log out where the list agrees: of another client',
      { listsClients: true },
      '99',
      true,
    ],
    ['the access token is of another client', { ...AGREES, homeScreenClient: '5' }, undefined, false],
    ['Blink shows no list', { ownIsRemoved: true }, undefined, false],
    ['the list has the client', { listsClients: true, logoutStatus: 404 }, undefined, false],
  ])('that Blink answers with 404: %s', async (_, blink, clientId, isGone) => {
    Object.assign(world.blink, blink);
    const script = clientId === undefined ? {} : other(clientId);
    const expected = isGone
      ? ['nothing_to_log_out', 'already_logged_out']
      : ['blink_rejected', 'cooling_down'];
    expect(await ends(script, script)).toEqual(expected);
    expect([isSaved(), isMarked()]).toEqual([true, isGone && clientId === undefined]);
  });
});

describe('of another client, a logout', () => {
  it('is not repeated for a repeated delivery', async () => {
    world.blink.otherClients.add('99').add('98');
    const [first, second] = [other('99'), other('98')];
    expect(await ends(first, first, second)).toEqual(['logged_out', 'already_logged_out', 'logged_out']);
    // It is asked for again, and is gone.
    expect(await ends(LATER_MS, second, {})).toEqual(['blink_rejected', 'logged_out']);
    expect(world.blink.logouts).toHaveLength(3);
  });

  it('with tokens that a logout has ended leaves the session logged out', async () => {
    expect(await ends({}, other('99'), other('99'))).toEqual(['logged_out', REFUSED, REFUSED]);
    expect(await ends(LATER_MS, {})).toEqual(['nothing_to_log_out']);
  });
});

describe('the session’s own client, named by the caller while the secret names none,', () => {
  beforeEach(() => {
    const text = storedText(family).replace(`"client_id":"${family.clientId}",`, '');
    world.secret.put(crypto.randomUUID(), text, ['AWSCURRENT']);
  });

  it('is looked up once and treated as such', async () => {
    world.blink.logoutEndsTokens = false;
    expect(await ends(other(family.clientId))).toEqual(['logged_out']);
    expect(isMarked()).toBe(true);
    expect(await ends({}, LATER_MS)).toEqual(['already_logged_out']);
    const { end, actions } = await run();
    expect([end, actions]).toEqual(['logged_out', expect.not.arrayContaining(['look up'])]);
  });

  it('rests after a rejection, whether it is named again or not', async () => {
    world.blink.logoutStatus = 403;
    const named = other(family.clientId);
    expect(await ends(named, named, {})).toEqual(['blink_rejected', 'cooling_down', 'cooling_down']);
  });

  it.each([
    ['is logged out though the look-up fails', false, 'logged_out'],
    ['is rejected if Blink knows no such client: no list is asked for', true, 'blink_rejected'],
  ])('%s', async (_, ownIsRemoved, expected) => {
    Object.assign(world.blink, { listsClients: true, ownIsRemoved });
    const { end, actions } = await run({ ...other(family.clientId), ...never('look up') });
    expect([end, family.loggedOut]).toEqual([expected, !ownIsRemoved]);
    expect(actions).not.toContain('list clients');
  });
});

describe('promise 2: nothing is spent', () => {
  it.each([
    ['not sent', 'before', 'unsent'],
    ['lost', 'after', 'unanswered'],
    ['late', 'before', 'late'],
  ] as const)(
    'unless a write has just worked: the claim was %s. That is no claim without a report',
    async (_, moment, mishap) => {
      for (let tries = 0; tries < 8; tries++) {
        let puts = 0;
        const on: Script['on'] = (action, at) =>
          action.startsWith('put') && at === moment && puts++ < 3 ? mishap : undefined;
        expect(await ends({ on, landsAfterMs: 20_000 }, MINUTE_MS)).toEqual(['secrets_unavailable']);
      }
      expect(world.blink.spends).toEqual([]);
      expect(await ends({})).toEqual(['logged_out']);
    },
  );

  it('unless enough time is left to save, and the claim is given back then', async () => {
    const { end, actions } = await run({ timeoutMs: 18_000 });
    expect(end).toBe('secrets_unavailable');
    expect(actions).toEqual([...READ, 'put claim', 'put failed']);
    expect(await ends({})).toEqual(['logged_out']);
  });
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
    const { end, actions } = await run({
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
    expect(await ends({})).toEqual(['logged_out']);
    expect(newer.loggedOut).toBe(true);
  });
});

describe('promise 5: a run that died', () => {
  it('time and again slows the next tries down, and never ends the session', async () => {
    for (let death = 0; death < 3; death++)
      expect(await ends({ on: once('refresh', 'before', 'killed') }, DEAD_MS)).toEqual(['killed']);
    for (const minutes of [10, 60, 360, 24 * 60, 24 * 60]) {
      const tooEarlyMs = minutes * MINUTE_MS - DEAD_MS - 9_000;
      expect(
        await ends(tooEarlyMs, {}, 20_000, { on: once('refresh', 'before', 'killed') }, DEAD_MS),
      ).toEqual(['cooling_down', 'killed']);
    }
    expect(await ends(DAY_MS, {})).toEqual(['logged_out']);
  });

  let answers = 0;
  it.each<[what: string, on: Script['on'], first: string]>([
    ['a run died between refresh and save', once('refresh', 'after', 'killed'), 'killed'],
    ['Blink’s answer was lost within the run', once('refresh', 'after', 'unanswered'), LOST],
    [
      'a run died while it said so',
      (action, moment) => {
        if (action === 'refresh' && moment === 'after' && answers++ === 0) return 'unanswered';
        return action === 'put refused' && moment === 'before' ? 'killed' : undefined;
      },
      'killed',
    ],
  ])(
    'lost the token: it is told of, though the session had been logged out before: %s',
    async (_, on, first) => {
      world.blink.logoutEndsTokens = false;
      expect(await ends({}, LATER_MS, { on: on ?? (() => undefined) }, DEAD_MS, {})).toEqual([
        'logged_out',
        first,
        LOST,
      ]);
      expect(await run()).toEqual({ end: LOST, actions: READ });
    },
  );
});

describe('promise 6: a refused token', () => {
  it.each([
    ['which has lost nothing', true, REFUSED],
    ['which may have lost the new one', false, LOST],
  ])('is looked at again by a run that could not read on, %s', async (_, revoked, later) => {
    family.revoked = revoked;
    let answers = 0;
    const on: Script['on'] = (action, moment) => {
      if (!revoked && action === 'refresh' && moment === 'after' && answers++ === 0) return 'unanswered';
      const isRefused = world.blink.spends.length > 0;
      return isRefused && action === 'read value' && moment === 'before' ? 'unsent' : undefined;
    };
    expect(await ends({ on }, {})).toEqual(['secrets_unavailable', later]);
  });

  it('is not taken for an older one by a read that lags behind', async () => {
    await world.time.advance(MINUTE_MS);
    family = world.signIn();
    await world.time.advance(6_000);
    family.revoked = true;
    const staleMs = (read: Read) => (world.blink.spends.length > 0 && read === 'value' ? 7_000 : 0);
    expect(await ends({ staleMs })).toEqual([REFUSED]);
  });

  it.each([
    ['is not final where the secret has moved on: the newer one is used', false, 'logged_out'],
    ['is final where the newer one is refused too', true, REFUSED],
  ])('%s', async (_, revoked, expected) => {
    family.revoked = true;
    const on: Script['on'] = (action, moment) => {
      if (action === 'refresh' && moment === 'before' && spendsOf('run') < (revoked ? 2 : 1))
        world.signIn().revoked = revoked;
      return undefined;
    };
    expect(await ends({ id: 'run', on })).toEqual([expected]);
    expect(spendsOf('run')).toBe(2);
  });

  it('needs a sign-in, and is not sent again unless it is stored again', async () => {
    family.revoked = true;
    expect(await ends({}, CLAIM_LIFE_MS)).toEqual([REFUSED]);
    expect(await run()).toEqual({ end: REFUSED, actions: READ });
    expect(world.blink.spends).toHaveLength(1);
    world.secret.put(crypto.randomUUID(), storedText(family), ['AWSCURRENT']);
    family.revoked = false;
    expect(await ends({})).toEqual(['logged_out']);
  });
});

test('promises 6 and 9: a logout is not repeated for five minutes, and its token’s refusal is a success', async () => {
  expect(await ends({})).toEqual(['logged_out']);
  expect(await run()).toEqual({ end: 'already_logged_out', actions: READ });
  expect(await ends(5 * MINUTE_MS + 1000, { id: 'late' })).toEqual(['nothing_to_log_out']);
  expect(spendsOf('late')).toBe(1);
  expect(await run()).toEqual({ end: 'nothing_to_log_out', actions: READ });
  // Since the logout that ended the token.
  const since = new Date(world.secret.current().createdAtMs).toISOString();
  const last = world.time.drive(world.start({ id: 'last', channel: () => AT_ONCE }));
  expect(await last).toMatchObject({ outcome: { outcome: 'nothing_to_log_out', since } });
});

describe('promise 8: a run for whose versions there is no room is refused before it spends', () => {
  it('because runs have written so many within a day', async () => {
    world.blink.logoutEndsTokens = false;
    for (let count = 0; count < 45; count++)
      expect(await ends({}, LATER_MS), `run ${count}`).toEqual(['logged_out']);
    expect(await run()).toEqual({ end: 'secret_full', actions: READ });
    expect(await ends(DAY_MS, {})).toEqual(['logged_out']);
  });

  it('because people have', async () => {
    while (world.secret.versions().length < 100) world.signIn();
    expect(await run()).toEqual({ end: 'secret_full', actions: [...READ, 'put claim'] });
  });
});

describe('promise 10: a doubt about a token outlives everything but a new token', () => {
  it('such as a rejection after a try that was processed', async () => {
    world.blink.logoutEndsTokens = false;
    const on = once('refresh', 'after', () => {
      world.blink.refreshStatus = 429;
      return 'unanswered';
    });
    expect(await ends({}, LATER_MS, { on }, RESTED_MS)).toEqual(['logged_out', 'rate_limited']);
    world.blink.refreshStatus = 200;
    expect(await ends({}, 2 * DAY_MS, {})).toEqual([LOST, LOST]);
  });

  it('such as a success with an unusable refresh token, which is an answer that was not received', async () => {
    Object.assign(world.blink, { refreshTokenInAnswer: 'two words', logoutEndsTokens: false });
    expect(await ends({}, RESTED_MS)).toEqual(['blink_rejected']);
    expect(world.blink.logouts).toEqual([]);
    world.blink.refreshTokenInAnswer = undefined;
    expect(await ends({})).toEqual([LOST]);
  });

  it('such as many attempts whose entries Secrets Manager has removed, and the same token stored again', async () => {
    world.blink.reusePolicy = 'refuse';
    await run({ on: once('refresh', 'after', 'late') });
    for (let night = 0; night < 120; night++)
      expect(await ends(DAY_MS, never('refresh'))).toEqual(['blink_unavailable']);
    expect(world.secret.versions()).toHaveLength(100);
    world.secret.put(crypto.randomUUID(), world.secret.current().text, ['AWSCURRENT']);
    expect(await ends({})).toEqual([LOST]);
  });
});

test('promise 11: a refresh that was given up is not sent again before the first can no longer arrive', async () => {
  world.blink.reusePolicy = 'revoke_family';
  const first = await run({ on: once('refresh', 'before', 'late'), landsAfterMs: 29_000 });
  expect(first.end).toBe('blink_timeout');
  expect(first.actions.filter((action) => action === 'refresh')).toHaveLength(1);
  expect(await ends(30_000, {}, CLAIM_LIFE_MS, {})).toEqual(['session_busy', LOST]);
  const [landed, next] = world.blink.spends;
  expect(next?.sentAtMs).toBeGreaterThan(landed?.atMs ?? 0);
});

describe('promise 12: a definite no is not asked for again soon', () => {
  const requests = () => world.blink.rejections.length + world.blink.spends.length;

  it.each([
    ['refresh', 429, '7200', 7200],
    ['refresh', 406, '7200', 7200],
    ['refresh', 503, '7200', 7200],
    ['logout', 429, '7200', 7200],
    ['logout', 406, undefined, REJECTED_SECONDS],
    ['logout', 426, undefined, REJECTED_SECONDS],
    ['logout', 429, undefined, REJECTED_SECONDS],
  ] as const)(
    'for any client: as the answer to a %s with %i, Retry-After %s, within %i seconds',
    async (call, status, retryAfter, seconds) => {
      Object.assign(world.blink, { retryAfter, [`${call}Status`]: status });
      await run();
      const asked = requests();
      expect(await ends((seconds - 10) * 1000, {}, other('99'))).toEqual(['cooling_down', 'cooling_down']);
      expect(requests()).toBe(asked);
      world.blink[`${call}Status`] = 200;
      expect(await ends(20_000, {})).toEqual([expect.stringMatching(/logged_out|lost/)]);
    },
  );

  it.each([
    [undefined, REJECTED_SECONDS],
    ['7200', 7200],
  ])(
    'for the same client: a rejected logout, Retry-After %s, within %i seconds',
    async (retryAfter, seconds) => {
      Object.assign(world.blink, { retryAfter, logoutStatus: 403, logoutEndsTokens: false });
      const wrong = other('99');
      expect(await ends(wrong)).toEqual(['blink_rejected']);
      world.blink.logoutStatus = 200;
      world.blink.otherClients.add('99');
      expect(await run(wrong)).toEqual({ end: 'cooling_down', actions: READ });
      expect(await ends({}, (seconds - 10) * 1000, wrong, 20_000, wrong)).toEqual([
        'logged_out',
        'cooling_down',
        'logged_out',
      ]);
      // A sign-in ends the wait.
      world.blink.logoutStatus = 403;
      expect(await ends(LATER_MS, wrong)).toEqual(['blink_rejected']);
      world.blink.logoutStatus = 200;
      world.blink.otherClients.add('99');
      await world.time.advance(10_000);
      world.signIn();
      expect(await ends(wrong)).toEqual(['logged_out']);
    },
  );

  it('where the rest cannot be written at first', async () => {
    world.blink.refreshStatus = 429;
    const until = world.time.nowMs + 20_000;
    const on: Script['on'] = (action) =>
      action === 'put failed' && world.time.nowMs < until ? 'unsent' : undefined;
    expect(await ends({ on }, CLAIM_LIFE_MS + 10_000, {})).toEqual(['rate_limited', 'cooling_down']);
    expect(requests()).toBe(1);
  });

  it('where the run had read a version that was no longer current', async () => {
    world.blink.refreshStatus = 429;
    await world.time.advance(10_000);
    world.signIn();
    expect(await ends(4_000, { staleMs: () => 8_000 }, {}, MINUTE_MS)).toEqual([
      'rate_limited',
      'cooling_down',
    ]);
    expect(requests()).toBe(1);
    world.signIn();
    expect(await ends({})).toEqual(['rate_limited']);
  });
});

test.each([
  ['promise 9: another client is logged out', '99', 200, 'logged_out', 'session_busy', 'already_logged_out'],
  ['promise 12: another client is rejected', '99', 403, 'blink_rejected', 'cooling_down', 'cooling_down'],
  [
    'promise 12: the own client is rejected',
    '1000001',
    403,
    'blink_rejected',
    'cooling_down',
    'cooling_down',
  ],
] as const)(
  'a run that had read before does not repeat it: %s',
  async (_, clientId, status, first, second, third) => {
    world.blink.otherClients.add('99');
    world.blink.logoutStatus = status;
    expect(await ends(10_000, other(clientId))).toEqual([first]);
    const { end, actions } = await run({ ...other(clientId), staleMs: READ_BEFORE });
    expect([end, actions]).toEqual([second, expect.arrayContaining(['put claim'])]);
    expect(await ends(other(clientId))).toEqual([third]);
    expect(world.blink.spends).toHaveLength(1);
  },
);

describe('the claimed token stored again during the run', () => {
  it.each(['put claim', 'refresh', 'put save', 'move AWSCURRENT'])(
    'at %s: the new token is applied to the newer text',
    async (action) => {
      const on = once(action, 'before', () => {
        const edited = storedText(family)
          .replace('{', '{"note":"edited",')
          .replace(family.newest, String(world.blink.spends[0]?.token ?? family.newest));
        world.secret.put(crypto.randomUUID(), edited, ['AWSCURRENT']);
        return undefined;
      });
      expect(await ends({ on })).toEqual(['logged_out']);
      expect(world.secret.current().text).toContain('edited');
      expect(world.secret.current().text).toContain(family.newest);
      expect(isMarked()).toBe(true);
    },
  );

  it.each([
    ['logged_out', 200],
    ['blink_rejected', 403],
  ])(
    'after its successor was saved, and %s: the next run goes back to the successor',
    async (end, status) => {
      const spent = storedText(family);
      Object.assign(world.blink, { logoutEndsTokens: false, logoutStatus: status });
      expect(await ends({})).toEqual([end]);
      world.secret.put(crypto.randomUUID(), spent, ['AWSCURRENT']);
      world.blink.logoutStatus = 200;
      expect(await ends(RESTED_MS, {})).toEqual(['logged_out']);
      expect(world.secret.current().text).toContain(family.newest);
      expect(new Set(world.blink.spends.map(({ token }) => token)).size).toBe(2);
    },
  );
});

import { expect, onTestFinished, test } from 'vitest';
import { CLAIM_LIFE_MS } from '../../lambda/core/claim-life.ts';
import { LambdaProcess } from '../../local/lambda-process.ts';
import { codeAndReasonOf, codeOf } from '../code-of.ts';
import { withoutCanary } from '../no-canary.ts';
import { figures, isLong } from './figures.ts';
import { type SessionUnderTest, startFunctionUnderTest } from './function-under-test.ts';
import { once, runScripted } from './models/scripted-run.ts';
import { World } from './models/world.ts';
import { atStep, STEPS } from './steps.ts';

interface Row {
  readonly killed: string;
  /** The results of a run that follows at once, and of one after the dead run's claim has expired. */
  readonly atOnce: string;
  readonly later: string;
  readonly token: 'current' | 'lost';
}

const LOST = 'reauthentication_required, lost_between_refresh_and_save';
/** Blink refuses a token that was logged out as it refuses any other. */
const REFUSED = 'reauthentication_required, refused_by_blink';

const EXPECTED: readonly Row[] = [
  { killed: 'before read value', atOnce: 'logged_out', later: 'already_logged_out', token: 'current' },
  { killed: 'after read value', atOnce: 'logged_out', later: 'already_logged_out', token: 'current' },
  { killed: 'before read journal', atOnce: 'logged_out', later: 'already_logged_out', token: 'current' },
  { killed: 'after read journal', atOnce: 'logged_out', later: 'already_logged_out', token: 'current' },
  { killed: 'before put claim', atOnce: 'logged_out', later: 'already_logged_out', token: 'current' },
  { killed: 'after put claim', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'before refresh', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'after refresh', atOnce: 'session_busy', later: LOST, token: 'lost' },
  { killed: 'before put save', atOnce: 'session_busy', later: LOST, token: 'lost' },
  { killed: 'after put save', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'before move AWSCURRENT', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'after move AWSCURRENT', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'before logout', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'after logout', atOnce: 'session_busy', later: REFUSED, token: 'current' },
  { killed: 'before move BLINK_LOGGED_OUT', atOnce: 'session_busy', later: REFUSED, token: 'current' },
  {
    killed: 'after move BLINK_LOGGED_OUT',
    atOnce: 'already_logged_out',
    later: 'already_logged_out',
    token: 'current',
  },
];

function expectTable(part: string, rows: readonly Row[], spentTokensTriedAgain: number): void {
  figures(part, {
    kills: rows.length,
    tokensLost: rows.filter(({ token }) => token === 'lost').length,
    spentTokensTriedAgain,
  });
  expect(rows).toEqual(EXPECTED);
  // Those of which the token was lost: that it is spent is known only once Blink has been asked.
  expect(spentTokensTriedAgain).toBe(2);
}

test('promise 5: whenever a run is killed, the next one finds out and says what became of the token', async () => {
  const rows: Row[] = [];
  let triedAgain = 0;
  for (const step of STEPS) {
    for (const moment of ['before', 'after'] as const) {
      const world = new World();
      const family = world.signIn();
      await runScripted(world, { on: once(step, moment, 'killed') });
      const atOnce = await runScripted(world);
      await world.time.advance(CLAIM_LIFE_MS + 1000);
      const later = await runScripted(world);
      triedAgain += world.blink.spends.length - new Set(world.blink.spends.map(({ token }) => token)).size;
      rows.push({
        killed: `${moment} ${step}`,
        atOnce: atOnce.end.replace(':', ','),
        later: later.end.replace(':', ','),
        token: world.secret.current().text.includes(`"${family.newest}"`) ? 'current' : 'lost',
      });
    }
  }
  expectTable('kills of runs', rows, triedAgain);
});

test.runIf(isLong)(
  'promise 5: so does the built function, in processes of its own',
  { timeout: 180_000 },
  async () => {
    const subject = await startFunctionUnderTest();
    onTestFinished(() => subject.close());
    const { fn, endpoints, secretsManager, blink } = subject;
    const survivor = new LambdaProcess(fn, endpoints);
    const runNext = async (session: SessionUnderTest) => {
      return codeAndReasonOf(withoutCanary(await survivor.invoke({ session: session.name })));
    };

    const rows: Row[] = [];
    for (const step of STEPS) {
      for (const moment of ['before', 'after'] as const) {
        const session = subject.signIn(`killed-${rows.length}`);
        const doomed = new LambdaProcess(fn, endpoints);
        atStep(subject, session, step, moment, async () => {
          await doomed.kill();
          return { do: 'destroy' };
        });
        const { result } = withoutCanary(await doomed.invoke({ session: session.name }));
        expect(codeOf({ result })).toBe('Runtime.ExitError');
        secretsManager.faults.clear();
        blink.faults.clear();
        const atOnce = await runNext(session);
        secretsManager.clock.advanceMs(CLAIM_LIFE_MS + 1000);
        const later = await runNext(session);
        const token = subject.holdsNewestToken(session) ? 'current' : 'lost';
        rows.push({ killed: `${moment} ${step}`, atOnce, later, token });
      }
    }
    await survivor.kill();
    console.table(rows);
    expectTable('kills of processes', rows, blink.tokens.doubleSpends);
  },
);

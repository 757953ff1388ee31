import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLAIM_LIFE_MS } from '../../lambda/core/claim-life.ts';
import { LambdaProcess } from '../../local/lambda-process.ts';
import { codeOf, runEventOf } from '../../local/run-event.ts';
import { withoutCanary } from '../no-canary.ts';
import { figures } from './figures.ts';
import {
  type FunctionUnderTest,
  type SessionUnderTest,
  startFunctionUnderTest,
} from './function-under-test.ts';
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
  { killed: 'before claim', atOnce: 'logged_out', later: 'already_logged_out', token: 'current' },
  { killed: 'after claim', atOnce: 'session_busy', later: 'logged_out, took over', token: 'current' },
  { killed: 'before refresh', atOnce: 'session_busy', later: 'logged_out, took over', token: 'current' },
  { killed: 'after refresh', atOnce: 'session_busy', later: `${LOST}, took over`, token: 'lost' },
  { killed: 'before save', atOnce: 'session_busy', later: `${LOST}, took over`, token: 'lost' },
  { killed: 'after save', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'before make current', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'after make current', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'before log out', atOnce: 'session_busy', later: 'logged_out', token: 'current' },
  { killed: 'after log out', atOnce: 'session_busy', later: REFUSED, token: 'current' },
  { killed: 'before mark', atOnce: 'session_busy', later: REFUSED, token: 'current' },
  { killed: 'after mark', atOnce: 'already_logged_out', later: 'already_logged_out', token: 'current' },
];

let subject: FunctionUnderTest;

beforeAll(async () => {
  subject = await startFunctionUnderTest();
});
afterAll(() => subject.close());

test('promise 5: whenever a run is killed, the next one finds out and says what became of the token', {
  timeout: 60_000,
}, async () => {
  const { fn, endpoints, secretsManager, blink } = subject;
  const survivors = [new LambdaProcess(fn, endpoints), new LambdaProcess(fn, endpoints)] as const;
  const runNext = async (session: SessionUnderTest, survivor = survivors[0]) => {
    const invocation = withoutCanary(await survivor.invoke({ session: session.name }));
    const { reason, takeover } = runEventOf(invocation)?.line ?? {};
    const words = [codeOf(invocation), ...(reason ? [reason] : []), ...(takeover ? ['took over'] : [])];
    return words.join(', ');
  };

  const killed: { readonly session: SessionUnderTest; readonly killed: string; readonly atOnce: string }[] =
    [];
  let next = new LambdaProcess(fn, endpoints);
  for (const step of STEPS) {
    for (const moment of ['before', 'after'] as const) {
      const session = subject.signIn(`killed-${moment}-${step.replaceAll(' ', '-')}`);
      const doomed = next;
      next = new LambdaProcess(fn, endpoints);
      atStep(subject, session, step, moment, async () => {
        await doomed.kill();
        return { do: 'destroy' };
      });
      const { result } = withoutCanary(await doomed.invoke({ session: session.name }));
      expect(codeOf({ result })).toBe('Runtime.ExitError');
      secretsManager.faults.clear();
      blink.faults.clear();
      killed.push({ session, killed: `${moment} ${step}`, atOnce: await runNext(session) });
    }
  }
  secretsManager.clock.advanceMs(CLAIM_LIFE_MS + 1000);
  const rows: Row[] = [];
  const queue = killed.entries();
  const work = survivors.map(async (survivor) => {
    for (const [index, { session, killed, atOnce }] of queue) {
      const later = await runNext(session, survivor);
      rows[index] = { killed, atOnce, later, token: subject.holdsNewestToken(session) ? 'current' : 'lost' };
    }
  });
  await Promise.all(work);
  await Promise.all([...survivors, next].map((each) => each.kill()));

  console.table(rows);
  figures('kills', {
    kills: rows.length,
    tokensLost: rows.filter(({ token }) => token === 'lost').length,
    spentTokensTriedAgain: blink.tokens.doubleSpends,
  });
  expect(rows).toEqual(EXPECTED);
  // Those of which the token was lost: that it is spent is known only once Blink has been asked.
  expect(blink.tokens.doubleSpends).toBe(2);
});

import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lambda } from '../../local/lambda.ts';
import { startHttpApi } from '../../local/start-http-api.ts';
import { withoutCanary } from '../no-canary.ts';
import { figures, isLong } from './figures.ts';
import { type FunctionUnderTest, startFunctionUnderTest, WEBHOOK_KEY } from './function-under-test.ts';

const CALLS = isLong ? 200 : 40;

const answerSchema = v.object({ outcome: v.optional(v.string()), code: v.optional(v.string()) });

let subject: FunctionUnderTest;

beforeAll(async () => {
  subject = await startFunctionUnderTest();
});
afterAll(() => subject.close());

test(`promises 1 and 9: of ${CALLS} webhook calls at once, one refreshes and logs out`, async () => {
  const { fn, endpoints, blink } = subject;
  const session = subject.signIn('porch');
  const lambda = new Lambda(fn, endpoints);
  const httpApi = await startHttpApi({
    routes: ['POST /logout/{session}'],
    invoke: async (event) => withoutCanary(await lambda.invoke(event)),
  });
  const call = async () => {
    const response = await fetch(`${httpApi.url}/logout/${session.name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WEBHOOK_KEY}` },
    });
    const { outcome, code } = v.parse(answerSchema, await response.json());
    return outcome ?? code ?? 'nothing that is known';
  };
  const answers = await Promise.all(Array.from({ length: CALLS }, call));
  await Promise.all([httpApi.close(), lambda.kill()]);

  const count = (word: string) => answers.filter((answer) => answer === word).length;
  figures('load', {
    calls: CALLS,
    loggedOut: count('logged_out'),
    sessionBusy: count('session_busy'),
    alreadyLoggedOut: count('already_logged_out'),
    refreshes: blink.tokens.refreshes,
    doubleSpends: blink.tokens.doubleSpends,
  });
  expect(count('logged_out')).toBe(1);
  expect(count('logged_out') + count('session_busy') + count('already_logged_out')).toBe(CALLS);
  expect(blink.calls.filter(({ action }) => action === 'refresh')).toHaveLength(1);
  expect(blink.logouts).toHaveLength(1);
  expect(blink.tokens.doubleSpends).toBe(0);
  expect(subject.holdsNewestToken(session)).toBe(true);
});

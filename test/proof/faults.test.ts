import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FinishedInvocation, LambdaProcess } from '../../local/lambda-process.ts';
import type { Answer } from '../../local/loopback-server.ts';
import { runEventOf } from '../../local/run-event.ts';
import { refuse } from '../../local/secrets-manager/start-secrets-manager.ts';
import { codeOf } from '../code-of.ts';
import { withoutCanary } from '../no-canary.ts';
import { figures, isLong } from './figures.ts';
import {
  type FunctionUnderTest,
  type SessionUnderTest,
  startFunctionUnderTest,
} from './function-under-test.ts';

let subject: FunctionUnderTest;
let lambdaProcess: LambdaProcess;
const total = { faults: 0, tokensLost: 0 };

beforeAll(async () => {
  subject = await startFunctionUnderTest();
  lambdaProcess = new LambdaProcess(subject.fn, subject.endpoints);
});
afterAll(async () => {
  await lambdaProcess.kill();
  figures('faults', { ...total, spentTokensTriedAgain: subject.blink.tokens.doubleSpends });
  await subject.close();
});

/** These take too long for `npm test`. The tests of the use case and of the vault cover them on a virtual clock. */
const IN_LONG_FORM_ONLY = false;

interface Case {
  readonly session: SessionUnderTest;
  run(process?: LambdaProcess): Promise<FinishedInvocation>;
  /** The refreshes of this session that came in. */
  refreshes(): number;
  /** That a call is this session's. */
  readonly secret: (call: { readonly secretId: string | undefined }) => boolean;
  /** That a refresh is this session's: it presents the token that the secret holds as current. */
  readonly token: (call: { readonly form: Readonly<Record<string, string>> }) => boolean;
}

/** A session with faults of its own. */
function faulty(name: string, body: (fault: Case) => Promise<void>, inShortFormToo = true): void {
  test.runIf(inShortFormToo || isLong)(name, { timeout: 60_000 }, async () => {
    const session = subject.signIn(`fault-${total.faults++}`);
    const tokens = () => subject.secretsManager.secrets.versions(session.secretName).map(({ text }) => text);
    const isOwn = (call: { readonly form: Readonly<Record<string, string>> }) =>
      tokens().some((text) => text.includes(`"${call.form['refresh_token']}"`));
    await body({
      session,
      run: async (its = lambdaProcess) => withoutCanary(await its.invoke({ session: session.name })),
      refreshes: () => subject.blink.calls.filter((call) => call.action === 'refresh' && isOwn(call)).length,
      secret: ({ secretId }) => secretId === session.secretName,
      token: isOwn,
    });
    if (!subject.holdsNewestToken(session)) total.tokensLost += 1;
  });
}

const answer = (status: number, body = ''): Answer => ({ status, headers: {}, body });

describe('Secrets Manager', () => {
  faulty(
    'promise 2: throttles: it is asked again, and the logout succeeds',
    async ({ run, secret, session }) => {
      for (const on of ['GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']) {
        subject.secretsManager.faults.before(on, refuse('ThrottlingException', 'Rate exceeded'), {
          where: secret,
          times: 1,
        });
      }
      expect(codeOf(await run())).toBe('logged_out');
      expect(subject.holdsNewestToken(session)).toBe(true);
    },
  );

  faulty('promise 2: is down before the claim: nothing is spent', async ({ run, secret, refreshes }) => {
    subject.secretsManager.faults.before('PutSecretValue', { do: 'destroy' }, { where: secret, times: 3 });
    expect(codeOf(await run())).toBe('secrets_unavailable');
    expect(refreshes()).toBe(0);
    expect(codeOf(await run())).toBe('logged_out');
  });

  faulty('promise 3: goes down after the refresh and comes back: the token is saved', async (fault) => {
    let downUntilMs = Number.POSITIVE_INFINITY;
    let writes = 0;
    subject.secretsManager.faults.before(
      'PutSecretValue',
      { do: 'destroy' },
      {
        where: (call) => {
          if (!fault.secret(call)) return false;
          if (writes++ === 1) downUntilMs = performance.now() + 1500;
          return writes > 1 && performance.now() < downUntilMs;
        },
      },
    );
    const invocation = await fault.run();
    expect(codeOf(invocation)).toBe('logged_out');
    expect(runEventOf(invocation)?.['SaveMs']).toBeGreaterThan(1000);
    expect(fault.refreshes()).toBe(1);
    expect(subject.holdsNewestToken(fault.session)).toBe(true);
  });

  faulty(
    'promise 3: never comes back: the run says so before it is ended',
    async (fault) => {
      let writes = 0;
      subject.secretsManager.faults.before(
        'PutSecretValue',
        { do: 'destroy' },
        { where: (call) => fault.secret(call) && writes++ > 0 },
      );
      const impatient = new LambdaProcess({ ...subject.fn, timeoutSeconds: 20 }, subject.endpoints);
      const invocation = await fault.run(impatient);
      await impatient.kill();
      expect(codeOf(invocation)).toBe('save_failed');
      expect(runEventOf(invocation)).toMatchObject({ code: 'save_failed', level: 'ERROR' });
      expect(invocation.durationMs).toBeGreaterThan(18_000);
    },
    IN_LONG_FORM_ONLY,
  );
});

describe('Blink', () => {
  faulty('promise 5: processes a refresh, and its answer is lost: the run says so', async (fault) => {
    subject.blink.faults.after('refresh', { do: 'destroy' }, { where: fault.token, times: 1 });
    const invocation = await fault.run();
    expect(runEventOf(invocation)).toMatchObject({
      code: 'reauthentication_required',
      reason: 'lost_between_refresh_and_save',
      refreshTries: 2,
    });
    expect(runEventOf(await fault.run())).toMatchObject({ reason: 'lost_between_refresh_and_save' });
    expect(fault.refreshes()).toBe(2);
  });

  faulty(
    'promise 11: processes a refresh and answers too late: it is sent once, and the next run sends none',
    async (fault) => {
      subject.blink.faults.after('refresh', { do: 'hold', ms: 9000 }, { where: fault.token, times: 1 });
      expect(runEventOf(await fault.run())).toMatchObject({ code: 'blink_timeout', refreshTries: 1 });
      expect(codeOf(await fault.run())).toBe('session_busy');
      expect(fault.refreshes()).toBe(1);
    },
    IN_LONG_FORM_ONLY,
  );

  faulty('answers late, but in time: the logout succeeds', async (fault) => {
    subject.blink.faults.after('refresh', { do: 'hold', ms: 1000 }, { where: fault.token, times: 1 });
    expect(codeOf(await fault.run())).toBe('logged_out');
    expect(fault.refreshes()).toBe(1);
  });

  faulty('answers 5xx once: the refresh is sent once more', async (fault) => {
    subject.blink.faults.before(
      'refresh',
      { do: 'answer', answer: answer(503) },
      { where: fault.token, times: 1 },
    );
    const invocation = await fault.run();
    expect(codeOf(invocation)).toBe('logged_out');
    expect(runEventOf(invocation)?.['refreshTries']).toBe(2);
  });

  faulty('answers 5xx always: the run gives up, and a later one may succeed at once', async (fault) => {
    subject.blink.faults.before(
      'refresh',
      { do: 'answer', answer: answer(503) },
      { where: fault.token, times: 2 },
    );
    expect(codeOf(await fault.run())).toBe('blink_unavailable');
    expect(fault.refreshes()).toBe(2);
    expect(codeOf(await fault.run())).toBe('logged_out');
  });

  faulty('promise 6: answers a bare 401: it is asked once, now and later', async (fault) => {
    subject.blink.faults.before('refresh', { do: 'answer', answer: answer(401) }, { where: fault.token });
    expect(runEventOf(await fault.run())).toMatchObject({
      reason: 'refused_by_blink',
      blinkStatus: 401,
    });
    expect(runEventOf(await fault.run())).toMatchObject({ reason: 'refused_by_blink' });
    expect(fault.refreshes()).toBe(1);
  });

  faulty('answers 429: it is left alone for a while', async (fault) => {
    subject.blink.faults.before('refresh', { do: 'answer', answer: answer(429) }, { where: fault.token });
    expect(codeOf(await fault.run())).toBe('rate_limited');
    expect(codeOf(await fault.run())).toBe('cooling_down');
    expect(fault.refreshes()).toBe(1);
  });
});

faulty('promise 4: a sign-in between refresh and save is kept, and is not logged out', async (fault) => {
  let writes = 0;
  subject.secretsManager.faults.before(
    'PutSecretValue',
    { do: 'destroy' },
    {
      where: (call) => {
        if (fault.secret(call) && writes++ === 1) subject.signInAgain(fault.session);
        return false;
      },
    },
  );
  expect(codeOf(await fault.run())).toBe('session_busy');
  expect(subject.holdsNewestToken(fault.session)).toBe(true);
  expect(subject.blink.logouts.map(({ clientId }) => clientId)).not.toContain(fault.session.clientId);
  expect(codeOf(await fault.run())).toBe('logged_out');
});

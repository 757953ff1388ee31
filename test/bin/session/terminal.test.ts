import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuse } from '../../../lib/local/secrets-manager/start-secrets-manager.ts';
import { CTRL_C, ENTER, type Person, sitDown } from './person.ts';
import { CODE, EMAIL, PASSWORD, type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

let session: SessionUnderTest;

beforeEach(async () => {
  session = await startSessionUnderTest();
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
});

function personRuns(...words: readonly string[]): Person {
  return sitDown(process.execPath, ['bin/session.ts', ...words, '--local', '--port', String(session.port)]);
}

async function ended(person: Person): Promise<number> {
  const exitCode = await person.exitCode();
  session.printed(person.shown());
  return exitCode;
}

async function typesEmailAndPassword(person: Person): Promise<void> {
  await person.sees('E-mail address at Blink:');
  person.types(EMAIL + ENTER);
  await person.sees('Password at Blink:');
  person.types(PASSWORD + ENTER);
}

describe('at a terminal', () => {
  it('a person signs in: mistypes, is asked again, and sees nothing of it in clear', async () => {
    session.secretsManager.faults.add({
      on: 'CreateSecret',
      at: 'before',
      times: 1,
      effect: refuse('AccessDeniedException'),
    });
    const person = personRuns('sign-in');
    await person.sees('E-mail address at Blink:');
    person.types(`canary${ENTER}`);
    await person.sees('An e-mail address is wanted');
    person.types(EMAIL.slice('canary'.length) + ENTER);
    await person.sees('Password at Blink:');
    person.types(PASSWORD + ENTER);
    await person.sees('sent by text message');
    person.types(ENTER);
    await person.sees('Blink sends another code in');
    await person.sees('sent by text message');
    person.types(`000000${ENTER}`);
    await person.sees('Blink does not accept this code.');
    await person.sees('sent by text message');
    person.types(CODE + ENTER);
    await person.sees('secretsmanager:CreateSecret on the secret blink-logout/default');
    await person.sees('Try again to store it?');
    person.types(`y${ENTER}`);
    await person.sees('Signed in.');
    expect(await ended(person)).toBe(0);
    expect(person.shown()).toContain('\u001b[32mSigned in.\u001b[39m');
    expect(session.stored().text).toContain(session.blink.tokens.newest(7_000_001));
  });

  it('Ctrl-C at a question ends it, and nothing was changed', async () => {
    const person = personRuns('sign-in');
    await typesEmailAndPassword(person);
    await person.sees('sent by text message');
    person.types(CTRL_C);
    await person.sees('Stopped. Nothing was changed.');
    expect(await ended(person)).toBe(1);
    expect(session.secretsManager.secrets.all().map(({ name }) => name)).not.toContain(
      'blink-logout/default',
    );
  });

  it('Ctrl-C during a logout lets it be finished, so that the new token is stored', async () => {
    session.store(
      `{"refresh_token":"${session.blink.seedSession({ accountId: 100_001, clientId: 5, oauthClient: 'ios' })}"}`,
    );
    const person = personRuns('logout');
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action !== 'refresh' || moment !== 'after') return undefined;
      person.types(CTRL_C);
      await person.sees('to stop now could lose the session');
      return undefined;
    };
    await person.sees('Logged out');
    expect(await ended(person)).toBe(0);
    expect(session.stored().text).toContain(session.blink.tokens.newest(5));
  });

  it('an import asks before it replaces and before it spends', async () => {
    session.store('{"refresh_token":"the-one-before"}');
    const token = session.blink.seedSession({ accountId: 100_001, clientId: 5, oauthClient: 'ios' });
    const path = await session.fileWith(`{"refresh_token":"${token}","password":"${PASSWORD}"}`);
    const hesitant = personRuns('import', '--from', path);
    const sure = personRuns('import', '--from', path);

    await hesitant.sees('Replace it?');
    hesitant.types(ENTER);
    await hesitant.sees('Nothing was changed.');
    expect(await ended(hesitant)).toBe(1);
    expect(session.stored().text).toContain('the-one-before');

    await sure.sees('Not stored, as a logout needs none of it: password.');
    await sure.sees('Replace it?');
    sure.types(`y${ENTER}`);
    await sure.sees('Look up what is missing?');
    expect(session.stored().text).toContain('the-one-before');
    sure.types(`y${ENTER}`);
    await sure.sees('Imported');
    expect(await ended(sure)).toBe(0);
    expect(session.stored().text).toContain(session.blink.tokens.newest(5));
  });
});

describe('in a pipe', () => {
  it('a script gets the result alone, without colours', async () => {
    session.store('{"refresh_token":"x"}');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['bin/session.ts', 'list', '--json', '--local', '--port', String(session.port)],
      {
        env: { ...process.env, FORCE_COLOR: undefined },
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ session: 'default' }] });
    expect(stderr).toBe('');
  });
});

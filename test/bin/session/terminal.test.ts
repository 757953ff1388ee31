import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../../../bin/session/main.ts';
import { json } from '../../../local/blink/answers.ts';
import { deny } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { CTRL_C, CTRL_D, DOWN, ENTER, type Person, sitDown, sitDownWith } from './person.ts';
import { CODE, EMAIL, PASSWORD, type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

let session: SessionUnderTest;

beforeEach(async () => {
  session = await startSessionUnderTest();
});
afterEach(async () => {
  session.expectNothingPrintedInClear();
  await session.close();
});

function personRuns(...words: readonly string[]): Promise<Person> {
  return sitDownWith((streams) => main(atStandIns(words), streams));
}

/** For signals, and for what Node itself does with a terminal. */
function personStarts(...words: readonly string[]): Person {
  return sitDown(process.execPath, ['bin/session.ts', ...atStandIns(words)]);
}

function atStandIns(words: readonly string[]): readonly string[] {
  return [...words, '--local', '--port', String(session.port)];
}

async function ended(person: Person): Promise<number> {
  const exitCode = await person.exitCode();
  // Of the answers, the prompt shows only the e-mail address.
  session.printed(person.shown().replaceAll(EMAIL, ''));
  return exitCode;
}

async function typesEmailAndPassword(person: Person): Promise<void> {
  await person.sees('E-mail address at Blink:');
  person.types(EMAIL + ENTER);
  await person.sees('Password at Blink:');
  person.types(PASSWORD + ENTER);
}

describe('at a terminal', () => {
  it('a person chooses one of Home Assistant’s Blink accounts', async () => {
    const entry = (title: string, refreshToken: string) => ({
      domain: 'blink',
      title,
      data: {
        refresh_token: refreshToken,
        host: 'e008.immedia-semi.com',
        client_id: '77',
        account_id: 100_001,
      },
    });
    const entries = [entry(EMAIL, 'first-token'), entry('bob@example.net', 'second-token')];
    const person = await personRuns(
      'import',
      '--from',
      await session.fileWith(JSON.stringify({ data: { entries } })),
    );
    await person.sees('Which Blink account?');
    await person.sees('b…@example.net');
    person.types(DOWN + ENTER);
    await person.sees('Give Home Assistant a sign-in of its own');
    expect(await ended(person)).toBe(0);
    expect(session.stored().text).toContain('second-token');
  });

  it('a person removes a session and logs it out before', async () => {
    const token = session.blink.seedSession({ accountId: 100_001, clientId: 77 });
    session.store(JSON.stringify({ refresh_token: token, oauth_client_id: 'ios' }));
    const person = await personRuns('remove');
    await person.sees('Log default out at Blink first?');
    person.types(`y${ENTER}`);
    await person.sees('Delete default? It can be restored for 30 days.');
    person.types(`y${ENTER}`);
    await person.sees('default is logged out.');
    await person.sees('Removed.');
    expect(await ended(person)).toBe(0);
    expect(session.blink.logouts).toMatchObject([{ clientId: 77 }]);
  });

  it('a person sees the name of the client that is to be logged out, and may say no', async () => {
    const token = session.blink.seedSession({ accountId: 100_001, clientId: 77 });
    session.blink.accounts.addClient(100_001, { id: 4711, name: 'Ada’s phone' });
    session.store(JSON.stringify({ refresh_token: token, oauth_client_id: 'ios' }));
    const refusing = await personRuns('logout', '--client-id', '4711');
    await refusing.sees('Log out client 4711: Ada’s phone, last use unknown?');
    refusing.types(`n${ENTER}`);
    expect(await ended(refusing)).toBe(1);
    expect(session.blink.logouts).toEqual([]);

    session.blink.faults.before('clients', { do: 'answer', answer: json(403, {}) });
    const agreeing = await personRuns('logout', '--client-id', '4711');
    await agreeing.sees('it may want a PIN first');
    await agreeing.sees('Log out client 4711?');
    agreeing.types(`y${ENTER}`);
    await agreeing.sees('Logged out');
    expect(await ended(agreeing)).toBe(0);
    expect(session.blink.logouts).toMatchObject([{ clientId: 4711 }]);
    expect(session.stored().text).toContain(session.blink.tokens.newest(77));
    expect(session.blink.tokens.doubleSpends).toBe(0);
  });

  it('a person who ends a trial with Ctrl-C gets the report of the steps before', async () => {
    const token = session.blink.seedSession({ accountId: 100_001, clientId: 77 });
    session.store(JSON.stringify({ refresh_token: token, oauth_client_id: 'ios' }));
    const person = await personRuns('trial');
    await person.sees('This trial logs out default, in the local run.');
    await person.sees('Spend the refresh token of default, and store the new one?');
    person.types(`y${ENTER}`);
    await person.sees('Log out default?');
    person.types(CTRL_C);
    await person.sees('1. Refresh: done');
    await person.sees('2. Logout of this session: not done');
    await person.sees('Interrupted. The newest refresh token is stored.');
    expect(await ended(person)).toBe(130);
    expect(session.blink.logouts).toEqual([]);
    expect(session.stored().text).toContain(session.blink.tokens.newest(77));
  });

  it('a person who says no removes nothing', async () => {
    session.store('{"refresh_token":"kept"}');
    const person = await personRuns('remove', '--now');
    await person.sees('Log default out at Blink first?');
    person.types(`y${ENTER}`);
    await person.sees('Its tokens cannot be restored.');
    person.types(`n${ENTER}`);
    await person.sees('Nothing was changed.');
    expect(await ended(person)).toBe(1);
    expect(session.stored().text).toContain('kept');
    expect(session.blink.calls).toEqual([]);
  });

  it('Ctrl-C during the logout that remove offers lets it be finished, and removes nothing', async () => {
    session.store(`{"refresh_token":"${session.blink.seedSession({ accountId: 100_001, clientId: 5 })}"}`);
    const person = personStarts('remove');
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action !== 'refresh' || moment !== 'after') return undefined;
      person.types(CTRL_C);
      await person.sees('stopping now could lose the session');
      return undefined;
    };
    for (const question of ['Log default out at Blink', 'Delete default?']) {
      await person.sees(question);
      person.types(`y${ENTER}`);
    }
    await person.sees('Interrupted. default is logged out, and its secret is not deleted.');
    expect(await ended(person)).toBe(130);
    expect(session.stored().text).toContain(session.blink.tokens.newest(5));
  });

  it('a person signs in: mistypes, is asked again, and the password and the code stay hidden', async () => {
    let creates = 0;
    session.secretsManager.faults.onCall = ({ action }, moment) => {
      if (action !== 'CreateSecret' || moment !== 'before') return undefined;
      creates += 1;
      // The first call proves the right; it is taken away afterwards.
      return creates === 2 ? deny('secretsmanager:CreateSecret', 'blink-logout/default') : undefined;
    };
    const person = personStarts('sign-in', '--password');
    await person.sees('E-mail address at Blink:');
    person.types(`canary${ENTER}`);
    await person.sees('Enter an e-mail address');
    person.types(EMAIL.slice('canary'.length) + ENTER);
    await person.sees('Password at Blink:');
    person.types(PASSWORD + ENTER);
    await person.sees('sent by text message');
    person.types(ENTER);
    await person.sees('Blink can send another code in');
    await person.sees('sent by text message');
    person.types(`000000${ENTER}`);
    await person.sees('Blink rejected this code.');
    await person.sees('sent by text message');
    person.types(CODE + ENTER);
    await person.sees('perform: secretsmanager:CreateSecret');
    await person.sees('Try to store it again?');
    person.types(`y${ENTER}`);
    await person.sees('Signed in.');
    expect(await ended(person)).toBe(0);
    expect(person.shown()).toContain('\u001b[32mSigned in.\u001b[39m');
    expect(session.stored().text).toContain(session.blink.tokens.newest(7_000_001));
  });

  it('the third wrong code ends a sign-in', async () => {
    const person = await personRuns('sign-in', '--password');
    await typesEmailAndPassword(person);
    for (const answer of [
      'Blink rejected this code.',
      'Blink rejected this code.',
      'Blink rejected the code.',
    ]) {
      await person.sees('sent by text message');
      person.types(`000000${ENTER}`);
      await person.sees(answer);
    }
    expect(await ended(person)).toBe(1);
    expect(session.blink.calls.filter(({ action }) => action === 'verify')).toHaveLength(3);
  });

  it('Ctrl-C at a prompt ends the command before anything changes', async () => {
    const person = await personRuns('sign-in', '--password');
    await typesEmailAndPassword(person);
    await person.sees('sent by text message');
    person.types(CTRL_C);
    await person.sees('Interrupted. Nothing was changed.');
    expect(await ended(person)).toBe(130);
    expect(session.secretsManager.secrets.all().map(({ name }) => name)).not.toContain(
      'blink-logout/default',
    );
  });

  it('lines that were pasted at once answer the next prompts', async () => {
    const person = await personRuns('sign-in', '--password');
    await person.sees('E-mail address at Blink:');
    person.types(` ${EMAIL} \r\n${PASSWORD}\r${CODE.slice(0, 3)} ${CODE.slice(3)}${ENTER}not needed${ENTER}`);
    await person.sees('The other lines that you pasted were not needed.');
    expect(await ended(person)).toBe(0);
    expect(session.stored().text).toContain(session.blink.tokens.newest(7_000_001));
  });

  it('lines that were pasted after an invalid one are refused', async () => {
    const person = await personRuns('sign-in', '--password');
    await person.sees('E-mail address at Blink:');
    person.types(`ada${ENTER}${PASSWORD}${ENTER}`);
    await person.sees('The other lines that you pasted are ignored.');
    person.types(CTRL_C);
    expect(await ended(person)).toBe(130);
  });

  it('Ctrl-D at a prompt ends the command too', async () => {
    const person = await personRuns('sign-in', '--password');
    await person.sees('E-mail address at Blink:');
    person.types(CTRL_D);
    await person.sees('Interrupted. Nothing was changed.');
    expect(await ended(person)).toBe(130);
  });

  it('Ctrl-C while the command waits for an answer ends it and shows the cursor again', async () => {
    session.store('{"refresh_token":"x"}');
    session.secretsManager.faults.onCall = () => new Promise(() => {});
    const person = personStarts('check');
    await person.sees('Reading the session');
    person.types(CTRL_C);
    await person.sees('Interrupted.');
    expect(await ended(person)).toBe(130);
    const [shown, hidden] = ['h', 'l'].map((end) => person.shown().lastIndexOf(`\u001b[?25${end}`));
    expect(shown).toBeGreaterThan(hidden ?? 0);
  });

  it('Ctrl-C during a logout lets it be finished, so that the new token is stored', async () => {
    session.store(`{"refresh_token":"${session.blink.seedSession({ accountId: 100_001, clientId: 5 })}"}`);
    const person = personStarts('logout');
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action !== 'refresh' || moment !== 'after') return undefined;
      person.types(CTRL_C);
      await person.sees('stopping now could lose the session');
      return undefined;
    };
    await person.sees('Logged out');
    expect(await ended(person)).toBe(130);
    expect(session.stored().text).toContain(session.blink.tokens.newest(5));
  });

  it('an import from a pipe that is a terminal prints the line with its name and options', async () => {
    const person = await personRuns('import', 'garden', '--from', '-');
    await person.sees(`cat FILE | bin/blink-logout import garden --from - --local --port ${session.port}`);
    expect(await ended(person)).toBe(2);
  });

  it('an import asks before it replaces', async () => {
    session.store('{"refresh_token":"the-one-before"}');
    const token = session.blink.seedSession({ accountId: 100_001, clientId: 5 });
    const path = await session.fileWith(`{"refresh_token":"${token}","password":"${PASSWORD}"}`);
    const hesitant = await personRuns('import', '--from', path);
    const sure = await personRuns('import', '--from', path);

    await hesitant.sees('Replace it?');
    hesitant.types(ENTER);
    await hesitant.sees('Nothing was changed.');
    expect(await ended(hesitant)).toBe(1);
    expect(session.stored().text).toContain('the-one-before');

    await sure.sees('Not stored, as a logout does not need it: password.');
    await sure.sees('Replace it?');
    sure.types(`y${ENTER}`);
    await sure.sees('Imported');
    expect(await ended(sure)).toBe(0);
    expect(session.stored().text).toContain(token);
    expect(session.blink.calls).toEqual([]);
  });
});

describe('in a pipe', () => {
  it('a script gets the result alone, without colours', async () => {
    session.store('{"refresh_token":"x"}');
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['bin/session.ts', ...atStandIns(['list', '--json'])],
      {
        env: { ...process.env, FORCE_COLOR: undefined },
      },
    );
    expect(JSON.parse(stdout)).toMatchObject({ sessions: [{ session: 'default' }] });
    expect(stderr).toBe('');
  });
});

import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../../bin/session/main.ts';
import { json, text } from '../../../local/blink/answers.ts';
import { deny } from '../../../local/secrets-manager/start-secrets-manager.ts';
import { CTRL_C, CTRL_D, DOWN, ENTER, type Person, sitDown, sitDownWith } from './person.ts';
import {
  CODE,
  EMAIL,
  KEY_SECRET,
  PAGE,
  PASSWORD,
  session,
  sessionForEachTest,
  signInAt,
} from './session-under-test.ts';

sessionForEachTest();
beforeEach(() => {
  vi.stubEnv('SSH_CONNECTION', undefined);
});

function personRuns(command: string): Promise<Person> {
  return sitDownWith((streams) => main(atStandIns(command), streams));
}

/** For signals, for what Node itself does with a terminal, and for what is longer than a terminal's buffer. */
function personStarts(command: string): Person {
  return sitDown(process.execPath, ['bin/session.ts', ...atStandIns(command)]);
}

function atStandIns(command: string): readonly string[] {
  return [...command.split(' '), '--local', '--port', String(session.port)];
}

async function ended(person: Person): Promise<number> {
  const exitCode = await person.exitCode();
  // Of the answers, the prompt shows only the e-mail address.
  session.printed(
    stripVTControlCharacters(person.shown()).replaceAll('\r', '').replaceAll(EMAIL, '').replace(PAGE, ''),
  );
  return exitCode;
}

/** Waits for each question, and types its answer. */
async function answers(
  person: Person,
  ...pairs: readonly (readonly [question: string, answer: string])[]
): Promise<void> {
  for (const [question, answer] of pairs) {
    await person.sees(question);
    person.types(answer);
  }
}

/** The client of a session that is signed in. */
const CLIENT_ID = 7_000_001;

function expectNewestTokenStored(): void {
  expect(session.stored().text).toContain(session.blink.tokens.newest(CLIENT_ID));
}

/** The first call proves the right; it is taken away afterwards. */
function denyToCreate(limit: { readonly times?: number } = {}): void {
  let calls = 0;
  const where = () => {
    calls += 1;
    return calls > 1;
  };
  const denial = deny('secretsmanager:CreateSecret', 'blink-logout/default');
  session.secretsManager.faults.before('CreateSecret', denial, { where, ...limit });
}

const TO_EMAIL = ['E-mail address at Blink:', EMAIL + ENTER] as const;
const TO_PASSWORD = ['Password at Blink:', PASSWORD + ENTER] as const;
const BY_SMS = 'sent by text message';

describe('a person who signs in with the password', () => {
  it('mistypes, is asked again, and the password and the code stay hidden', async () => {
    denyToCreate({ times: 1 });
    const person = await personRuns('sign-in --password');
    await answers(
      person,
      ['E-mail address at Blink:', `canary${ENTER}`],
      ['Enter an e-mail address', EMAIL.slice('canary'.length) + ENTER],
      TO_PASSWORD,
      [BY_SMS, `000000${ENTER}`],
      ['Blink rejected this code.', ''],
      [BY_SMS, CODE + ENTER],
      ['perform: secretsmanager:CreateSecret', ''],
      ['Try to store it again?', `y${ENTER}`],
      ['Signed in.', ''],
    );
    expect(await ended(person)).toBe(0);
    expect(person.shown()).toContain('\u001b[32mSigned in.\u001b[39m');
    expectNewestTokenStored();
  });

  it.each([
    [json(202, { tsv_state: 'email' }), 'sent by e-mail'],
    [json(202, { tsv_methods: [] }), 'sent to your phone or e-mail'],
    [text(412, 'no JSON'), 'sent to your phone or e-mail'],
  ])('reads how the code was sent: %j', async (answer, words) => {
    session.blink.faults.after('sign-in', { do: 'answer', answer });
    const person = await personRuns('sign-in --password');
    await answers(person, TO_EMAIL, TO_PASSWORD, [words, ENTER]);
    await answers(person, ['For another code, run the command again.', CODE + ENTER], ['Signed in.', '']);
    expect(await ended(person)).toBe(0);
  });

  it('is not asked a fourth time after three wrong codes', async () => {
    const person = await personRuns('sign-in --password');
    const wrong = [BY_SMS, `000000${ENTER}`] as const;
    const told = ['Blink rejected this code.', ''] as const;
    await answers(person, TO_EMAIL, TO_PASSWORD, wrong, told, wrong, told, wrong);
    await person.sees('Blink rejected the code.');
    expect(await ended(person)).toBe(1);
    expect(session.blink.calls.filter(({ action }) => action === 'verify')).toHaveLength(3);
  });

  it('pastes several lines at once: the first is used, and no other is shown', async () => {
    const person = await personRuns('sign-in --password');
    await answers(
      person,
      ['E-mail address at Blink:', `ada${ENTER}${PASSWORD}`],
      ['Enter an e-mail address', `@example.com\r\n${PASSWORD}${ENTER}`],
      ['Password at Blink:', CTRL_C],
    );
    expect(await ended(person)).toBe(130);
    expect(person.shown()).toContain('ada@example.com');
  });
});

describe('a person who signs in on Blink’s page', () => {
  async function signsIn(person: Person): Promise<{ page: string; end: string }> {
    await person.sees('&state=');
    await person.sees('Address (hidden):');
    const [page = ''] = PAGE.exec(stripVTControlCharacters(person.shown()).replaceAll('\r', '')) ?? [];
    return { page, end: await signInAt(new URL(page)) };
  }

  function expectHidden(person: Person, end: string): void {
    const shown = stripVTControlCharacters(person.shown()).replaceAll(/\s/g, '');
    const { searchParams } = new URL(end);
    expect(shown).not.toContain(searchParams.get('code'));
    expect(shown).not.toContain('wrong-paste');
    expect(shown.split(searchParams.get('state') ?? '')).toHaveLength(2);
  }

  it('has the page opened, and may paste again after a wrong paste; nothing pasted is shown', async () => {
    const folder = await session.folderWith({ browser: '#!/bin/sh\necho "$1" > "$0.opened"\n' });
    const browser = join(folder, 'browser');
    await chmod(browser, 0o755);
    vi.stubEnv('BROWSER', browser);
    const person = personStarts('sign-in');
    const { page, end } = await signsIn(person);
    await vi.waitFor(async () => expect((await readFile(`${browser}.opened`, 'utf8')).trim()).toBe(page));

    await answers(
      person,
      ['', `wrong-paste${ENTER}second line of it${ENTER}`],
      ['Expected an address that starts with', ''],
      ['Address (hidden):', `\x1b[200~${`${end}&x=`.padEnd(600, 'x')}\x1b[201~${ENTER}`],
      ['Signed in.', ''],
    );
    expect(await ended(person)).toBe(0);
    expectHidden(person, end);
    expect(person.shown(), 'takes the second line for no paste of its own').not.toContain(
      'Paste one address',
    );
    expect(session.blink.calls.filter(({ action }) => action === 'exchange')).toHaveLength(1);
  });

  it.each([
    ['--no-open', undefined, 'Open this address in a browser'],
    ['--verbose', '192.0.2.1 1 192.0.2.2 22', 'This is a remote shell.'],
  ])('gets no browser with %s, SSH_CONNECTION=%s', async (option, ssh, words) => {
    vi.stubEnv('BROWSER', '/nowhere');
    vi.stubEnv('SSH_CONNECTION', ssh);
    const person = await personRuns(`sign-in ${option}`);
    const { end } = await signsIn(person);
    expect(person.shown().replaceAll(/\s+/g, ' ')).toContain(words);
    expect(person.shown()).not.toContain('If your browser does not open');
    await answers(person, ['', end + ENTER], ['Signed in.', '']);
    expect(await ended(person)).toBe(0);
    expectHidden(person, end);
  });
});

/** At each question of each command. */
describe('a person who ends a command at a question', () => {
  it.each([
    ['sign-in --no-open', ['Address (hidden):'], CTRL_D],
    ['sign-in --password', ['E-mail address at Blink:'], CTRL_C],
    ['sign-in --password', [TO_EMAIL, 'Password at Blink:'], CTRL_C],
    ['sign-in --password', [TO_EMAIL, TO_PASSWORD, BY_SMS], CTRL_D],
    ['remove', ['Delete default?'], CTRL_C],
    ['trial', ['Start?'], CTRL_C],
  ])('%s', async (command, questions, key) => {
    const isSignIn = command.startsWith('sign-in');
    if (!isSignIn) session.storeSignedIn();
    const before = isSignIn ? undefined : session.stored();
    const person = await personRuns(command);
    for (const each of questions) {
      await answers(person, typeof each === 'string' ? [each, key] : [each[0], each[1]]);
    }
    await person.sees('Interrupted. Nothing was changed.');
    expect(await ended(person)).toBe(130);
    expect(session.blink.tokens.refreshes).toBe(0);
    if (before !== undefined) expect(session.stored()).toEqual(before);
    else expect(session.secretsManager.secrets.all().map(({ name }) => name)).toEqual([KEY_SECRET]);
  });

  it.each([
    ['logout --client-id 4711', [], 'Log out client 4711?', 'Nothing was logged out.'],
    [
      'trial --client-id 4711',
      [['Start?', `y${ENTER}`] as const],
      'Log out client 4711?',
      'Nothing was logged out.',
    ],
    ['import --from', [], 'Replace it?', 'Nothing was changed.'],
  ])('%s, at a question about what is stored, or says no to it', async (command, before, question, words) => {
    session.storeSignedIn();
    const path = await session.fileWith('{"refresh_token":"another-one"}');
    const line = command.endsWith('--from') ? `${command} ${path}` : command;
    for (const [answer, told, exitCode] of [
      [CTRL_C, `Interrupted. ${words}`, 130],
      [`n${ENTER}`, words, 1],
    ] as const) {
      const person = await personRuns(line);
      await answers(person, ...before, [question, answer], [told, '']);
      expect(await ended(person)).toBe(exitCode);
      expect(person.shown()).not.toContain('failed');
    }
    expect(session.blink.logouts).toEqual([]);
    expectNewestTokenStored();
  });

  it('sign-in, when it cannot be stored', async () => {
    denyToCreate();
    const person = await personRuns('sign-in --password');
    await answers(person, TO_EMAIL, TO_PASSWORD, [BY_SMS, CODE + ENTER], ['Try to store it again?', CTRL_C]);
    await person.sees('Interrupted. The sign-in was not stored.');
    expect(await ended(person)).toBe(130);
  });

  it('check, while it waits for an answer: the cursor is shown again', async () => {
    session.storeSignedIn();
    session.secretsManager.faults.onCall = () => new Promise(() => {});
    const person = personStarts('check');
    await answers(person, ['Reading the session', CTRL_C], ['Interrupted.', '']);
    expect(await ended(person)).toBe(130);
    const [shown, hidden] = ['h', 'l'].map((end) => person.shown().lastIndexOf(`\u001b[?25${end}`));
    expect(shown).toBeGreaterThan(hidden ?? 0);
  });

  it('logout, between refresh and save: it is finished, so that the new token is stored', async () => {
    session.storeSignedIn();
    const person = personStarts('logout');
    session.blink.faults.onCall = async ({ action }, moment) => {
      if (action === 'refresh' && moment === 'after') {
        await answers(person, ['', CTRL_C], ['stopping now could lose the session', '']);
      }
      return undefined;
    };
    await person.sees('Logged out');
    expect(await ended(person)).toBe(130);
    expectNewestTokenStored();
  });

  it('logout --client-id, while it looks the client up: that is finished, and nothing is logged out', async () => {
    session.storeSignedIn();
    session.blink.faults.onCall = ({ action }, moment) => {
      if (action === 'refresh' && moment === 'before') process.emit('SIGINT', 'SIGINT');
      return undefined;
    };
    const person = await personRuns('logout --client-id 4711');
    await person.sees('Interrupted. Nothing was logged out.');
    expect(await ended(person)).toBe(130);
    expect(session.blink.logouts).toEqual([]);
    expectNewestTokenStored();
  });
});

describe('a person is asked before', () => {
  it.each([
    ['remove', 'It can be restored for 30 days.', 'y', 'Removed.', 0],
    ['remove --now', 'Its tokens cannot be restored.', 'n', 'Nothing was changed.', 1],
  ])('a session is removed, and may say no: %s', async (command, question, answer, words, exitCode) => {
    session.storeSignedIn();
    const person = await personRuns(command);
    await person.sees('To end the session at Blink too, first: bin/blink-logout logout default');
    await answers(person, [question, answer + ENTER], [words, '']);
    expect(await ended(person)).toBe(exitCode);
    expect(await session.run('check')).toMatchObject({ exitCode: answer === 'n' ? 0 : 1 });
    expect(session.blink.calls).toEqual([]);
  });

  it('another client is logged out, by its name if Blink tells it', async () => {
    session.storeSignedIn();
    session.blink.accounts.addClient(100_001, { id: 4711, name: 'Ada’s phone' });
    const refusing = await personRuns('logout --client-id 4711');
    await answers(refusing, ['Log out client 4711: Ada’s phone, last use unknown?', `n${ENTER}`]);
    expect(await ended(refusing)).toBe(1);
    const own = await personRuns('logout --client-id 7000001');
    await answers(own, ['7000001 is the client of default itself.', ''], ['Log out client', `n${ENTER}`]);
    expect(await ended(own)).toBe(1);
    expect(session.blink.logouts).toEqual([]);

    session.blink.faults.before('clients', { do: 'answer', answer: json(403, {}) });
    const agreeing = await personRuns('logout --client-id 4711');
    await answers(
      agreeing,
      ['it may want a PIN first', ''],
      ['Log out client 4711?', `y${ENTER}`],
      ['Logged out', ''],
    );
    expect(await ended(agreeing)).toBe(0);
    expect(session.blink.logouts).toMatchObject([{ clientId: 4711 }]);
    expectNewestTokenStored();
  });

  it('one of Home Assistant’s Blink accounts is imported', async () => {
    const entry = (title: string, refreshToken: string) => ({
      domain: 'blink',
      title,
      data: { refresh_token: refreshToken, host: 'e008.immedia-semi.com' },
    });
    const entries = [entry(EMAIL, 'first-token'), entry('bob@example.net', 'second-token')];
    const path = await session.fileWith(JSON.stringify({ data: { entries } }));
    const person = await personRuns(`import --from ${path}`);
    await answers(
      person,
      ['Which Blink account?', ''],
      ['b…@example.net', DOWN + ENTER],
      ['Give Home Assistant a sign-in of its own', ''],
    );
    expect(await ended(person)).toBe(0);
    expect(session.stored().text).toContain('second-token');
  });

  it('an import replaces a session', async () => {
    session.storeSignedIn();
    const before = session.stored().text;
    const path = await session.fileWith(`{"refresh_token":"another-one","password":"${PASSWORD}"}`);
    const hesitant = await personRuns(`import --from ${path}`);
    await answers(hesitant, ['Replace it?', ENTER], ['Nothing was changed.', '']);
    expect(await ended(hesitant)).toBe(1);
    expect(session.stored().text).toBe(before);

    const sure = await personRuns(`import --from ${path}`);
    await answers(
      sure,
      ['Not stored, as a logout does not need it: password.', ''],
      ['Replace it?', `y${ENTER}`],
      ['Imported', ''],
    );
    expect(await ended(sure)).toBe(0);
    expect(session.stored().text).toBe('{"refresh_token":"another-one"}');
    expect(session.blink.calls).toEqual([]);
  });
});

it('an import from a pipe that is a terminal prints the line with its name and options', async () => {
  const person = await personRuns('import garden --from -');
  await person.sees(`cat FILE | bin/blink-logout import garden --from - --local --port ${session.port}`);
  expect(await ended(person)).toBe(2);
});

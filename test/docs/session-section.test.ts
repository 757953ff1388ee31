import { stripVTControlCharacters } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { main } from '../../bin/session/main.ts';
import { CTRL_C, ENTER, type Person, sitDown, sitDownWith } from '../bin/session/person.ts';
import { freePort } from './free-port.ts';
import { blocksOf, sectionOf } from './markdown.ts';

const SECTION = sectionOf('README.md', 'Sign in');
const [serve = '', ...commands] = blocksOf(SECTION, 'sh').flatMap((block) => block.trim().split('\n'));

/** What each line shows, in their order. */
const SHOWN = ['Signed in.', 'ready', 'Logged out', 'logged out', 'Imported', 'new key', ''];

let server: Person;

afterAll(async () => {
  server.types(CTRL_C);
  await server.exitCode();
});

test('each line of "Sign in" works as it stands, one after the other', {
  timeout: 60_000,
}, async () => {
  const port = await freePort();
  const atPort = (line: string) => `${line} --port ${port}`;
  server = sitDown('sh', ['-c', atPort(serve)]);
  await server.sees('Ctrl-C stops it.');
  expect(commands).toHaveLength(SHOWN.length);
  for (const [n, command] of commands.entries()) {
    const person = await personTypes(atPort(command), n === 0);
    if (n === 0) await signsIn(person);
    await person.sees(SHOWN[n] ?? '');
    expect(await person.exitCode(), command).toBe(0);
    if (command.includes('key show'))
      expect(stripVTControlCharacters(person.shown())).toMatch(/[A-Za-z0-9]{64}\s*$/);
  }
});

/** The first line, and a line with a pipe, runs in a shell with npm. Of any other, npm passes the words to `main`. */
async function personTypes(line: string, isFirst: boolean): Promise<Person> {
  const [, words] = /^bin\/blink-logout ([\w -]+)$/.exec(line) ?? [];
  if (isFirst || words === undefined) return sitDown('sh', ['-c', line]);
  return sitDownWith((streams) => main(words.split(' '), streams));
}

async function signsIn(person: Person): Promise<void> {
  const [, email, password, code] =
    /e-mail address `(\S+)`, password `(\S+)`, code `(\d+)`/.exec(SECTION) ?? [];
  for (const [question, answer] of [
    ['E-mail address at Blink:', email],
    ['Password at Blink:', password],
    ['sent by text message', code],
  ]) {
    await person.sees(question ?? '');
    person.types(`${answer}${ENTER}`);
  }
}

import { readFileSync, writeFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import { Command } from 'commander';
import { CLAIM_LIFE_SECONDS } from '../lambda/core/claim-life.ts';
import { CONDITIONS } from '../lambda/core/condition.ts';
import { FAILURES } from '../lambda/core/failure-codes.ts';
import { settingsSchema } from '../lib/settings.ts';
import { COMMANDS } from './session/program.ts';

/** `npm run docs`: writes the parts of the documents that follow from the code. A test compares them. */

const PROJECT = new URL('..', import.meta.url);

/** By document: what stands between `<!-- name: begin … -->` and `<!-- name: end -->`. */
const PARTS: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'lib/README.md': { settings: settingsTable },
  'docs/runbook.md': { codes: codesTable },
  'docs/commands.md': { commands: commandsTable },
  'README.md': { conditions: conditionsTable },
};

/** The text of each generated file, as it should be. */
export function generated(): ReadonlyMap<string, string> {
  const documents = Object.entries(PARTS).map(([path, parts]) => {
    const text = readFileSync(new URL(path, PROJECT), 'utf8');
    return [path, Object.entries(parts).reduce(withPart, text)] as const;
  });
  return new Map([...documents, ['docs/settings.schema.json', settingsJsonSchema()]]);
}

function withPart(document: string, [name, write]: readonly [string, () => string]): string {
  const begin = `<!-- ${name}: begin, by npm run docs -->`;
  const [before, rest] = document.split(begin);
  const [, after] = rest?.split(`<!-- ${name}: end -->`) ?? [];
  if (before === undefined || after === undefined) throw new Error(`a document lacks the marks of ${name}`);
  return `${before}${begin}\n\n${write()}\n\n<!-- ${name}: end -->${after}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = `|${'---|'.repeat(head.length)}`;
  const [first, ...others] = [head, ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [first, rule, ...others].join('\n');
}

const DOCUMENTED = /\/\*\*\n((?: +\* .*\n)+) +\* @default (.*)\n +\*\/\n +readonly (\w+)\?:/g;

/** The comment of each setting and its default in TypeScript. */
function settingDescriptions(): ReadonlyMap<string, { readonly text: string; readonly byDefault: string }> {
  const source = readFileSync(new URL('lib/given-settings.ts', PROJECT), 'utf8');
  return new Map(
    [...source.matchAll(DOCUMENTED)].map(([, comment = '', byDefault = '', name = '']) => {
      const lines = comment.replaceAll(/^ +\* /gm, '').trim();
      return [name, { text: lines.replaceAll('\n', ' '), byDefault }];
    }),
  );
}

function settingsTable(): string {
  const rows = [...settingDescriptions()].map(([name, { text, byDefault }]) => [
    `\`${name}\``,
    byDefault === '- none' ? 'none' : `\`${byDefault.replaceAll("'", '')}\``,
    text,
  ]);
  return table(['setting', 'default', 'description'], rows);
}

/** Of words or numbers. It stands in one line. */
const LIST = /\[[^[\]{}]+\]/g;

/** From it, editors complete settings.json. */
function settingsJsonSchema(): string {
  const schema = toJsonSchema(settingsSchema, { typeMode: 'input', ignoreActions: ['raw_check', 'check'] });
  const descriptions = settingDescriptions();
  const properties = Object.entries(schema.properties ?? {}).map(([name, property]) => [
    name,
    { ...(typeof property === 'object' && property), description: descriptions.get(name)?.text },
  ]);
  const complete = {
    ...schema,
    properties: { $schema: { type: 'string' }, ...Object.fromEntries(properties) },
    additionalProperties: false,
  };
  const text = JSON.stringify(complete, null, 2);
  return `${text.replaceAll(LIST, (list) => list.replaceAll(/\s+/g, ' '))}\n`;
}

const CONDITION_TEXTS = {
  ready: 'It can be logged out.',
  logged_out: 'It was logged out. The next run finds out whether its token still works.',
  signed_out:
    'An earlier logout ended its token. Nothing is to be done, unless the client should sign in again.',
  busy: `Another run holds it, for ${CLAIM_LIFE_SECONDS} seconds at most.`,
  cooling_down: 'Blink is left alone for a while.',
  in_doubt: 'A run may have lost the new token. The next run finds out.',
  needs_sign_in: 'Blink refuses its token, or the new one was lost. Sign in.',
  invalid: 'Its text is not a session, or its journal is malformed.',
  secret_full:
    'It was logged out too often in a day. The secret has room again when its versions are a day old.',
  unreadable: 'Secrets Manager did not let it be read.',
} satisfies Record<keyof typeof CONDITIONS, string>;

function conditionsTable(): string {
  const does = { fine: '', passes: 'wait', attention: 'look again after the next run', failure: 'act' };
  const texts = new Map(Object.entries(CONDITION_TEXTS));
  const rows = Object.entries(CONDITIONS).map(([kind, countsAs]) => [
    `\`${kind}\``,
    texts.get(kind) ?? '',
    does[countsAs],
  ]);
  return table(['condition', 'meaning', 'you'], rows);
}

function codesTable(): string {
  const rows = Object.entries(FAILURES).map(([code, { status, title, retryable }]) => [
    `\`${code}\``,
    String(status),
    title,
    retryable ? 'yes' : 'no',
  ]);
  return table(['code', 'HTTP', 'meaning', 'may a retry help?'], rows);
}

function commandsTable(): string {
  const program = new Command();
  for (const add of COMMANDS) add(program, () => {});
  const rows = program.commands.map((command) => [
    `\`${command.name()}${command.usage().replace('[options]', '')}\``,
    command.description(),
  ]);
  return table(['command', 'what it does'], rows);
}

if (import.meta.main) {
  for (const [path, text] of generated()) writeFileSync(new URL(path, PROJECT), text);
}

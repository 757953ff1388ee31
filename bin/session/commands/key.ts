import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { sessionNameSchema } from '../../../lambda/core/session-name.ts';
import { keySessionsSchema, OWNER, type WebhookKey } from '../../../lambda/core/webhook-keys.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { changeKeys, readKeys } from '../stored-keys.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { table } from '../terminal/table.ts';
import { type AddCommand, OK, parsePatterns, type Task } from './command.ts';

const HELP = `
  list           the keys with what they may do and their age
  add NAME       makes a key for one caller, and prints it once
  show [NAME]    prints a key
  rotate [NAME]  makes a new key. The old one works until the next rotation
  remove NAME    ends a key. Within a minute it is refused

The first key is called owner, and opens every session. A change counts within a
minute.`;

interface KeyOptions {
  readonly sessions?: readonly string[];
  readonly otherClients?: boolean;
}

export const addKey: AddCommand = (program, start) => {
  program
    .command('key')
    .description('show, add, rotate and remove the webhook’s keys')
    .addHelpText('after', HELP)
    .argument('[action]', 'list, add, show, rotate or remove', 'list')
    .argument('[name]', 'the key')
    .option('--sessions <names>', 'with add: what it may name: garden,tenant-a-*', parsePatterns)
    .option('--other-clients', 'with add: it may log out other clients')
    .action((action: string, name: string | undefined, options: KeyOptions) =>
      start(taskFor(action, name, options)),
    );
};

function taskFor(action: string, name: string | undefined, options: KeyOptions): Task {
  const { sessions, otherClients = false } = options;
  if (action !== 'add' && (sessions ?? options.otherClients) !== undefined) {
    throw new UsageError('--sessions and --other-clients are for key add.');
  }
  const keyName = (named = name) => {
    if (v.is(sessionNameSchema, named)) return named;
    throw new UsageError(`key ${action} needs the name of a key: 1 to 63 characters of a-z, 0-9 and -.`);
  };
  switch (action) {
    case 'list':
      if (name !== undefined) throw new UsageError('key list needs no name: it shows every key.');
      return list;
    case 'add':
      if (sessions === undefined) throw new UsageError('key add needs --sessions; "*" is all of them.');
      if (!v.is(keySessionsSchema, sessions)) {
        throw new UsageError('A key has at most 100 names and patterns; a pattern is for many: tenant-a-*.');
      }
      return add(keyName(), sessions, otherClients);
    case 'show':
      return show(keyName(name ?? OWNER));
    case 'rotate':
      return rotate(keyName(name ?? OWNER));
    case 'remove':
      return remove(keyName());
    default:
      throw new UsageError('key accepts list, add, show, rotate and remove.');
  }
}

const list: Task = async ({ terminal, target }) => {
  const keys = await terminal.progress('Reading the keys', () => readKeys(target));
  const document = keys.map(({ key: _, previousKey, ...scope }) => ({
    ...scope,
    previousAccepted: previousKey !== undefined,
  }));
  const rows = document.map(({ name, sessions, otherClients, createdAt, previousAccepted }) => [
    name,
    sessions.join(',') + (otherClients ? ', other clients' : ''),
    `${duration(Date.now() - Date.parse(createdAt))} ago${previousAccepted ? '; the old key is accepted too' : ''}`,
  ]);
  terminal.result(
    { secret: target.webhookKeySecret, keys: document },
    rows.length === 0
      ? ['There are no keys, so every call of the webhook is refused.', newOwner(target)]
      : [
          ...table(terminal, ['key', 'sessions', 'made'], rows),
          `To show one: ${target.commandLine('key show NAME')}`,
        ],
  );
  return OK;
};

function add(name: string, sessions: readonly string[], otherClients: boolean): Task {
  return async ({ terminal, target }) => {
    const key = newKey();
    await terminal.progress('Adding the key', () =>
      changeKeys(target, (keys) => {
        if (keys.some((each) => each.name === name)) {
          throw new CommandError('key_exists', `A key named ${name} already exists.`, [
            `To replace it: ${target.commandLine('key rotate', name)}`,
          ]);
        }
        return [{ name, key, sessions: [...sessions], otherClients, createdAt: now() }, ...keys];
      }),
    );
    terminal.result({ name, key, sessions, otherClients }, [
      key,
      `It may log out: ${[...sessions, ...(otherClients ? ['other clients'] : [])].join(', ')}. Callers send it as "Authorization: Bearer KEY", or sign with "whsec_KEY".`,
    ]);
    return OK;
  };
}

function show(name: string): Task {
  return async ({ terminal, target }) => {
    const keys = await terminal.progress('Reading the key', () => readKeys(target));
    const { key } = keyNamed(keys, name, target);
    terminal.result({ name, key }, [key]);
    return OK;
  };
}

function rotate(name: string): Task {
  return async ({ terminal, target }) => {
    await terminal.progress('Rotating the key', () =>
      changeKeys(target, (keys) => {
        const before = keyNamed(keys, name, target);
        const after = { ...before, key: newKey(), previousKey: before.key, createdAt: now() };
        return keys.map((key) => (key === before ? after : key));
      }),
    );
    terminal.result({ secret: target.webhookKeySecret, name, rotated: true, previousAccepted: true }, [
      `${name} has a new key, which is accepted within ten seconds.`,
      'Update its senders: the old key works until the next rotation.',
      `To show it: ${target.commandLine('key show', name)}`,
    ]);
    return OK;
  };
}

function remove(name: string): Task {
  return async ({ terminal, target }) => {
    await terminal.progress('Removing the key', () =>
      changeKeys(target, (keys) => {
        const removed = keyNamed(keys, name, target);
        return keys.filter((key) => key !== removed);
      }),
    );
    terminal.result({ secret: target.webhookKeySecret, name, removed: true }, [
      `${terminal.style('green', 'Removed')} ${name}. Within a minute it is refused.`,
      ...(name === OWNER ? [newOwner(target)] : []),
    ]);
    return OK;
  };
}

function newOwner({ commandLine }: Target): string {
  return `To make one that opens every session: ${commandLine('key add', OWNER, "--sessions '*' --other-clients")}`;
}

function keyNamed(keys: readonly WebhookKey[], name: string, target: Target): WebhookKey {
  const key = keys.find((each) => each.name === name);
  if (key !== undefined) return key;
  throw new CommandError('key_unknown', `There is no key named ${name}.`, [
    `To see all: ${target.commandLine('key list')}`,
  ]);
}

/** 64 digits of base 16, which are valid base64 too: Standard Webhooks requires that of a key. */
function newKey(): string {
  return randomBytes(32).toString('hex');
}

function now(): string {
  return new Date().toISOString();
}

import { createHash } from 'node:crypto';
import {
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Command } from 'commander';
import * as v from 'valibot';
import { sessionNameSchema, sessionPatternSchema } from '../../../lambda/core/session-name.ts';
import {
  keySessionsSchema,
  keysDocument,
  MAX_KEYS,
  OWNER,
  ownerKey,
  parseKeysText,
  type WebhookKey,
} from '../../../lambda/core/webhook-keys.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { awsErrorIn, explainAws } from '../errors/explain-aws.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { type AddCommand, type Context, OK, type Task } from './command.ts';

const HELP = `
  list           the keys with what they may do and their age
  add NAME       makes a key for one caller, and prints it once
  show [NAME]    prints a key
  rotate [NAME]  makes a new key. The old one works until the next rotation
  remove NAME    ends a key. Within a minute it is refused

The first key is called owner, and opens every session. A change counts within a
minute.`;

/** As the stack generates it: letters and digits are also valid base64, which Standard Webhooks requires of a key. */
const KEY = { PasswordLength: 64, ExcludePunctuation: true };

const secretSchema = v.object({ SecretString: v.string(), VersionId: v.string(), CreatedDate: v.date() });
const randomSchema = v.object({ RandomPassword: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{64}$/)) });

interface KeyOptions {
  readonly sessions?: string;
  readonly otherClients?: boolean;
}

export const addKey: AddCommand = (program, start) => {
  program
    .command('key')
    .description('show, add, rotate and remove the webhook’s keys')
    .addHelpText('after', HELP)
    .argument('[action]', 'list, add, show, rotate or remove', 'list')
    .argument('[name]', 'the key')
    .option('--sessions <names>', 'with add: what it may name: garden,tenant-a-*')
    .option('--other-clients', 'with add: it may log out other clients')
    .action((action: string, name: string | undefined, options: KeyOptions, command: Command) =>
      start(taskFor(action, name, options, command)),
    );
};

function taskFor(action: string, name: string | undefined, options: KeyOptions, { args }: Command): Task {
  if (args.length > 2) throw new UsageError('There are too many arguments.');
  const named = () => {
    if (name !== undefined && v.is(sessionNameSchema, name)) return name;
    throw new UsageError(`key ${action} needs the name of a key: 1 to 63 characters of a-z, 0-9 and -.`);
  };
  if (action !== 'add' && (options.sessions ?? options.otherClients) !== undefined) {
    throw new UsageError('--sessions and --other-clients are for key add.');
  }
  switch (action) {
    case 'list':
      if (name !== undefined) throw new UsageError('key list needs no name: it shows every key.');
      return listKeys;
    case 'add':
      return add(named(), patternsIn(options.sessions), options.otherClients ?? false);
    case 'show':
      return show(name === undefined ? OWNER : named());
    case 'rotate':
      return rotate(name === undefined ? OWNER : named());
    case 'remove':
      return remove(named());
    default:
      throw new UsageError('key accepts list, add, show, rotate and remove.');
  }
}

function patternsIn(text = ''): readonly string[] {
  const patterns = text.split(',').filter((pattern) => pattern !== '');
  const wrong = patterns.findIndex((pattern) => !v.is(sessionPatternSchema, pattern));
  if (wrong >= 0) {
    throw new UsageError(
      `Number ${wrong + 1} in --sessions is not a session’s name or a pattern: expected 1 to 63 characters of a-z, 0-9, - and *.`,
    );
  }
  if (v.is(keySessionsSchema, patterns)) return patterns;
  throw new UsageError(
    'key add needs --sessions: 1 to 100 names and patterns, such as garden,tenant-a-*; * is all.',
  );
}

const listKeys: Task = async ({ terminal, target }) => {
  const { keys } = await terminal.progress('Reading the keys', () => readKeys(target));
  const rows = keys.map(({ name, sessions, otherClients, previousKey, createdAt }) => ({
    name,
    sessions,
    otherClients,
    previousAccepted: previousKey !== undefined,
    createdAt,
  }));
  const width = Math.max(...rows.map(({ name }) => name.length));
  terminal.result({ secret: target.webhookKeySecret, keys: rows }, [
    ...rows.map(
      ({ name, sessions, otherClients, previousAccepted, createdAt }) =>
        `${name.padEnd(width)}  ${sessions.join(',')}${otherClients ? ', other clients' : ''}, made ${duration(
          Math.max(0, Date.now() - Date.parse(createdAt)),
        )} ago${previousAccepted ? '; the old key is accepted too' : ''}`,
    ),
    `To show one: ${target.commandLine('key show NAME')}`,
  ]);
  return OK;
};

function add(name: string, sessions: readonly string[], otherClients: boolean): Task {
  return async (context) => {
    const key = await changed(context, 'Adding the key', async (keys, newKey) => {
      if (keys.some((each) => each.name === name)) {
        throw new CommandError('key_exists', `A key named ${name} already exists.`, [
          `To replace it: ${context.target.commandLine('key rotate', name)}`,
        ]);
      }
      if (keys.length >= MAX_KEYS) {
        throw new CommandError('keys_full', `There are ${MAX_KEYS} keys, which is the most.`, [
          `To remove one: ${context.target.commandLine('key remove NAME')}`,
        ]);
      }
      const added = { name, key: await newKey(), sessions: [...sessions], otherClients, createdAt: now() };
      return [added, ...keys];
    });
    context.terminal.result({ name, key, sessions, otherClients }, [
      key,
      `It may log out: ${sessions.join(', ')}. Callers send it as "Authorization: Bearer KEY", or sign with "whsec_KEY".`,
    ]);
    return OK;
  };
}

function show(name: string): Task {
  return async ({ terminal, target }) => {
    const { keys } = await terminal.progress('Reading the key', () => readKeys(target));
    const { key } = keyNamed(keys, name, target);
    terminal.result({ name, key }, [key]);
    return OK;
  };
}

function rotate(name: string): Task {
  return async (context) => {
    const { terminal, target } = context;
    await changed(context, 'Rotating the key', async (keys, newKey) => {
      const before = keyNamed(keys, name, target);
      const after = { ...before, key: await newKey(), previousKey: before.key, createdAt: now() };
      return [after, ...keys.filter((key) => key !== before)];
    });
    terminal.result({ secret: target.webhookKeySecret, name, rotated: true, previousAccepted: true }, [
      `${name} has a new key, which is accepted within ten seconds.`,
      'Update its senders: the old key works until the next rotation.',
      `To show it: ${target.commandLine('key show', name)}`,
    ]);
    return OK;
  };
}

function remove(name: string): Task {
  return async (context) => {
    const { terminal, target } = context;
    await changed(context, 'Removing the key', async (keys) => {
      const removed = keyNamed(keys, name, target);
      return keys.filter((key) => key !== removed);
    });
    terminal.result({ secret: target.webhookKeySecret, name, removed: true }, [
      `${terminal.style('green', 'Removed')} ${name}. Within a minute it is refused.`,
    ]);
    return OK;
  };
}

function keyNamed(keys: readonly WebhookKey[], name: string, target: Target): WebhookKey {
  const key = keys.find((each) => each.name === name);
  if (key !== undefined) return key;
  throw new CommandError('key_unknown', `There is no key named ${name}.`, [
    `To see all: ${target.commandLine('key list')}`,
  ]);
}

function now(): string {
  return new Date().toISOString();
}

/** How often a change is made anew because another one came first. */
const MAX_TRIES = 5;

/**
 * Changes the keys that were read, unless another change came first: then it begins anew. A version id can be written once
 * (API reference of PutSecretValue, `ClientRequestToken`), and the next id follows from the one that was read.
 * @returns the first key of the changed ones
 */
async function changed(
  { terminal, target }: Context,
  doing: string,
  change: (keys: readonly WebhookKey[], newKey: () => Promise<string>) => Promise<readonly WebhookKey[]>,
): Promise<string> {
  return terminal.progress(doing, async () => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { keys, versionId, isBare } = await readKeys(target);
      const after = await change(keys, () => randomKey(target));
      const next = createHash('sha256').update(`webhook keys after ${versionId}`).digest('hex');
      const [first] = after;
      // A bare key that is rotated stays bare: AWSPREVIOUS is then the old one.
      const text = isBare && first !== undefined && after.length === 1 ? first.key : keysDocument(after);
      if (await isWritten(target, next, text)) return first?.key ?? '';
    }
    throw new CommandError(
      'keys_changed',
      'The keys are being changed by another command. Nothing was changed.',
      [
        'Try again in a minute.',
        'If AWSCURRENT was moved to an earlier version by hand, store the keys’ text anew by hand.',
      ],
    );
  });
}

async function isWritten(target: Target, versionId: string, text: string): Promise<boolean> {
  return ofKeys(target, async () => {
    try {
      await target.client.send(
        new PutSecretValueCommand({
          SecretId: target.webhookKeySecret,
          ClientRequestToken: versionId,
          SecretString: text,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ResourceExistsException') return false;
      throw error;
    }
  });
}

function randomKey(target: Target): Promise<string> {
  return ofKeys(target, async () => {
    const answer = await target.client.send(new GetRandomPasswordCommand(KEY));
    return v.parse(randomSchema, answer).RandomPassword;
  });
}

async function readKeys(
  target: Target,
): Promise<{ readonly keys: readonly WebhookKey[]; readonly versionId: string; readonly isBare: boolean }> {
  const secret = await readVersion(target, 'AWSCURRENT');
  const current = parseKeysText(secret?.SecretString ?? '');
  if (secret === undefined || current.kind === 'malformed') {
    const why = current.kind === 'malformed' ? current.why : 'it is not text';
    throw new CommandError(
      'keys_malformed',
      `The text of ${target.webhookKeySecret} is malformed: it lets nobody in (${why}).`,
      [
        `Move AWSCURRENT back, or put a key of 64 letters and digits: ${target.awsCommandLine('secretsmanager', 'put-secret-value', '--secret-id', target.webhookKeySecret, '--secret-string file://key.txt')}`,
      ],
    );
  }
  const { VersionId: versionId, CreatedDate } = secret;
  if (current.kind === 'document') return { keys: current.keys, versionId, isBare: false };
  const before = parseKeysText((await readVersion(target, 'AWSPREVIOUS'))?.SecretString ?? '');
  const previous = before.kind === 'bare' ? before.key : undefined;
  return { keys: [ownerKey(current.key, previous, CreatedDate.toISOString())], versionId, isBare: true };
}

/** `undefined` if no version has the label. */
function readVersion(target: Target, stage: 'AWSCURRENT' | 'AWSPREVIOUS') {
  return ofKeys(target, async () => {
    const command = new GetSecretValueCommand({ SecretId: target.webhookKeySecret, VersionStage: stage });
    try {
      return v.parse(secretSchema, await target.client.send(command));
    } catch (error) {
      const isMissing = error instanceof Error && error.name === 'ResourceNotFoundException';
      if (stage === 'AWSPREVIOUS' && isMissing) return undefined;
      throw error;
    }
  });
}

/** For `doctor`: a key that opens every session, if there is one. */
export async function readOwnerKey(target: Target): Promise<string | undefined> {
  const { keys } = await readKeys(target);
  return keys.find(({ sessions }) => sessions.includes('*'))?.key;
}

async function ofKeys<T>(target: Target, work: () => Promise<T>): Promise<T> {
  const { webhookKeySecret } = target;
  try {
    return await work();
  } catch (cause) {
    const awsError = awsErrorIn(cause);
    if (awsError === undefined) throw cause;
    if (awsError.name !== 'ResourceNotFoundException')
      throw await explainAws(awsError, target, webhookKeySecret);
    throw new CommandError(
      'key_unknown',
      `There is no webhook key: no secret is named ${webhookKeySecret}.`,
      ['The stack makes it. Is it deployed in this account and Region?'],
      cause,
    );
  }
}

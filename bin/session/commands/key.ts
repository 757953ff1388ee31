import {
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { Argument } from 'commander';
import * as v from 'valibot';
import { secretsManagerStore } from '../../../lambda/core/vault/secrets-manager.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { awsErrorIn, explainAws } from '../errors/explain-aws.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { type AddCommand, OK, type Task } from './command.ts';

const HELP = `
Without an action it shows the age of the key. "show" prints the key. "rotate"
makes a new one, which is accepted within ten seconds; the old key works until
the next rotation.`;

/** As the stack generates it: letters and digits are also valid base64, which Standard Webhooks requires of a key. */
const KEY = { PasswordLength: 64, ExcludePunctuation: true };

const keySchema = v.object({ SecretString: v.string() });
const randomSchema = v.object({ RandomPassword: v.pipe(v.string(), v.regex(/^[A-Za-z0-9]{64}$/)) });

export const addKey: AddCommand = (program, start) => {
  program
    .command('key')
    .description('show the age of the webhook’s key, show the key, or rotate it')
    .addHelpText('after', HELP)
    .addArgument(new Argument('[action]', 'show or rotate').argParser(parseAction))
    .action((task: Task = describeKey) => start(task));
};

function parseAction(action: string): Task {
  switch (action) {
    case 'show':
      return showKey;
    case 'rotate':
      return rotateKey;
    default:
      throw new UsageError('key accepts show or rotate.');
  }
}

const describeKey: Task = async ({ terminal, target }) => {
  const { webhookKeySecret: secret } = target;
  const store = secretsManagerStore(target.client, '');
  const [{ createdAtMs, nowMs }, previous] = await terminal.progress('Reading about the key', () =>
    ofKey(target, () =>
      Promise.all([store.readCurrent(secret), store.readVersion(secret, { label: 'AWSPREVIOUS' })]),
    ),
  );
  const ageMs = Math.max(0, nowMs - createdAtMs);
  const previousAccepted = previous !== undefined;
  terminal.result({ secret, keyAgeSeconds: Math.floor(ageMs / 1000), previousAccepted }, [
    `The webhook’s key is in ${secret}. It was made ${duration(ageMs)} ago.`,
    previousAccepted ? 'The old key is accepted too.' : 'No other key is accepted.',
    `To show it: ${target.commandLine('key show')}`,
    `To rotate it: ${target.commandLine('key rotate')}`,
  ]);
  return OK;
};

const showKey: Task = async ({ terminal, target }) => {
  const key = await terminal.progress('Reading the key', () => readWebhookKey(target));
  terminal.result({ key }, [key]);
  return OK;
};

/** The old key becomes AWSPREVIOUS, which the function accepts too. */
const rotateKey: Task = async ({ terminal, target }) => {
  await terminal.progress('Rotating the key', () => ofKey(target, () => putNewKey(target)));
  terminal.result({ secret: target.webhookKeySecret, rotated: true, previousAccepted: true }, [
    'The webhook has a new key, which is accepted within ten seconds.',
    'Update your senders: the old key works until the next rotation.',
    `To show it: ${target.commandLine('key show')}`,
  ]);
  return OK;
};

async function putNewKey({ client, webhookKeySecret }: Target): Promise<void> {
  const { RandomPassword } = v.parse(randomSchema, await client.send(new GetRandomPasswordCommand(KEY)));
  await client.send(new PutSecretValueCommand({ SecretId: webhookKeySecret, SecretString: RandomPassword }));
}

export function readWebhookKey(target: Target): Promise<string> {
  return ofKey(target, async () => {
    const secret = new GetSecretValueCommand({ SecretId: target.webhookKeySecret });
    return v.parse(keySchema, await target.client.send(secret)).SecretString;
  });
}

async function ofKey<T>(target: Target, work: () => Promise<T>): Promise<T> {
  const { webhookKeySecret } = target;
  try {
    return await work();
  } catch (cause) {
    const awsError = awsErrorIn(cause);
    if (awsError === undefined) throw cause;
    if (awsError.name !== 'ResourceNotFoundException') {
      throw await explainAws(awsError, target, webhookKeySecret);
    }
    throw new CommandError(
      'key_unknown',
      `There is no webhook key: no secret is named ${webhookKeySecret}.`,
      ['The stack makes it. Is it deployed in this account and Region?'],
      cause,
    );
  }
}

import { randomUUID } from 'node:crypto';
import { Failure } from '../../lambda/core/failure.ts';
import { MAX_SECRET_BYTES } from '../../lambda/core/stored-session/parse-stored-session.ts';
import { realTiming } from '../../lambda/core/time.ts';
import { CURRENT } from '../../lambda/core/vault/journal.ts';
import { READ_AGAIN_AFTER_MS } from '../../lambda/core/vault/read-session.ts';
import { isDefinite } from '../../lambda/core/vault/secrets-failure.ts';
import { secretsManagerStore } from '../../lambda/core/vault/secrets-manager.ts';
import { keysDocument, MAX_KEYS, parseStoredKeys, type WebhookKey } from '../../lambda/core/webhook-keys.ts';
import { CommandError } from './errors/command-error.ts';
import { awsErrorIn, explainAws } from './errors/explain-aws.ts';
import type { Target } from './target.ts';

/** Secrets Manager's own label for the version that was current before. */
const PREVIOUS = 'AWSPREVIOUS';

/** On the version that is to become current: a version needs a label. */
const NEXT = 'BLINK_LOGOUT_NEXT';

/** How often a change is made anew because another one came first. */
const MAX_TRIES = 5;

interface StoredKeys {
  readonly keys: readonly WebhookKey[];
  readonly versionId: string;
  readonly isBare: boolean;
}

export async function readKeys(target: Target): Promise<readonly WebhookKey[]> {
  return explained(target, async () => (await readStored(target)).keys);
}

/** Changes the keys that were read. If another change came first, also one by hand, it begins anew. */
export async function changeKeys(
  target: Target,
  change: (keys: readonly WebhookKey[]) => readonly WebhookKey[],
): Promise<void> {
  const { client, webhookKeySecret } = target;
  const store = secretsManagerStore(client, '');
  await explained(target, async () => {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { keys, versionId: from, isBare } = await readStored(target);
      const after = change(keys);
      const [first] = after;
      // A bare key that is rotated stays bare: AWSPREVIOUS is then the old one.
      const text = isBare && first !== undefined && after.length === 1 ? first.key : keysDocument(after);
      if (after.length > MAX_KEYS || Buffer.byteLength(text) > MAX_SECRET_BYTES) throw full(target);
      const versionId = randomUUID();
      await store.putVersion(webhookKeySecret, { versionId, text, labels: [NEXT] });
      const move = store.moveLabel(webhookKeySecret, { label: CURRENT, from, to: versionId });
      const moved = await move.catch(async (error) => {
        // The answer may have been lost. To rotate a key once more would end the one that its senders still have.
        if (!isDefinite(error) && (await wasCurrent(target, versionId))) return 'moved';
        throw error;
      });
      if (moved === 'moved') return;
    }
    throw new CommandError('keys_changed', 'The keys are being changed elsewhere. Nothing was changed.', [
      'Try again in a minute.',
    ]);
  });
}

/** Readings lag, and another change may have come since: then this version is the one before. */
async function wasCurrent({ client, webhookKeySecret }: Target, versionId: string): Promise<boolean> {
  const store = secretsManagerStore(client, '');
  for (const waitMs of [0, ...READ_AGAIN_AFTER_MS]) {
    await realTiming.wait(waitMs);
    for (const label of [CURRENT, PREVIOUS]) {
      if ((await store.readVersion(webhookKeySecret, { label }))?.versionId === versionId) return true;
    }
  }
  return false;
}

async function readStored(target: Target): Promise<StoredKeys> {
  const { client, webhookKeySecret } = target;
  const store = secretsManagerStore(client, '');
  const { text, versionId, createdAtMs } = await store.readCurrent(webhookKeySecret);
  const before = await store.readVersion(webhookKeySecret, { label: PREVIOUS });
  const stored = parseStoredKeys(text, before?.text, new Date(createdAtMs).toISOString());
  if (stored.kind === 'malformed') throw malformed(target, stored.why);
  return { keys: stored.keys, versionId, isBare: stored.kind === 'bare' };
}

function malformed({ awsCommandLine, webhookKeySecret }: Target, why: string): CommandError {
  const put = `put-secret-value --secret-id ${webhookKeySecret} --secret-string file://key.txt`;
  return new CommandError(
    'keys_malformed',
    `The text of ${webhookKeySecret} is malformed: it lets nobody in (${why}).`,
    [
      // A line break at the end would make it malformed, too.
      `Move AWSCURRENT back, or put a new key: openssl rand -hex 32 | tr -d '\\n' > key.txt; ${awsCommandLine('secretsmanager', put)}`,
    ],
  );
}

/** A document of more keys would let nobody in. */
function full({ commandLine }: Target): CommandError {
  return new CommandError(
    'keys_full',
    `There is no room for more: ${MAX_KEYS} keys, in ${MAX_SECRET_BYTES} bytes. Nothing was changed.`,
    [`To remove one: ${commandLine('key remove NAME')}`],
  );
}

/** The store's failures are about a session. */
async function explained<T>(target: Target, work: () => Promise<T>): Promise<T> {
  const { webhookKeySecret } = target;
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const awsError = awsErrorIn(cause);
    throw awsError === undefined
      ? malformed(target, 'it is not text')
      : await explainAws(awsError, target, webhookKeySecret);
  }
}

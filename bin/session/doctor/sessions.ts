import { isFailure, needWords, type SessionEntry } from '../session-entries.ts';
import { sessionSecrets } from '../session-secrets.ts';
import { readStackKey } from '../stack-key.ts';
import type { Target } from '../target.ts';
import { type Finding, notConfigured, notOk, ok } from './check.ts';

const SHOWN = 5;

export function examineSessions(target: Target, entries: readonly SessionEntry[]): Finding {
  if (entries.length === 0) {
    return notConfigured(
      'There are no sessions yet.',
      `Store the first one: ${target.commandLine('sign-in')}`,
    );
  }
  const words = needWords(entries);
  const shown = (some: readonly SessionEntry[]) =>
    some.slice(0, SHOWN).map((entry) => `${entry.session}: ${entry.words}`);
  const failed = entries.filter(isFailure);
  if (failed.length > 0) {
    return notOk(words, ...shown(failed), `To see them all: ${target.commandLine('list', '--failed')}`);
  }
  const noted = entries.filter(({ condition }) => condition === 'signed_out' || condition === 'in_doubt');
  return ok([words, ...shown(noted).map((line) => `${line}.`)].join(' '));
}

/** Sessions that were stored before the setting `kmsKeyArn` are under another key. */
export async function examineEncryption(target: Target): Promise<Finding> {
  const { KmsKeyId: key } = await readStackKey(target);
  if (key === undefined) return ok('Sessions need no KMS key of yours: kmsKeyArn is not set.');
  const secrets = await sessionSecrets(target);
  const others = secrets.filter(({ kmsKeyId }) => kmsKeyId !== key);
  if (others.length === 0) return ok('All sessions are under the KMS key of the stack.');
  const update = (session: string) =>
    target.awsCommandLine(
      'secretsmanager',
      `update-secret --secret-id ${target.sessionSecret(session)} --kms-key-id ${key}`,
    );
  return notOk(
    `${others.length} of ${secrets.length} sessions are not under the KMS key of the stack.`,
    ...others.slice(0, SHOWN).map(({ session }) => update(session)),
  );
}

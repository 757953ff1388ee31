import { paginateListSecrets } from '@aws-sdk/client-secrets-manager';
import { stackKey } from '../stack-key.ts';
import type { Target } from '../target.ts';
import { type Finding, notOk, ok } from './check.ts';

const SHOWN = 5;

/** Sessions that were stored before the setting `kmsKeyArn` are under another key. */
export async function examineEncryption(target: Target): Promise<Finding> {
  const { client, sessionSecretPrefix: prefix } = target;
  const { KmsKeyId: key } = await stackKey(target);
  if (key === undefined) return ok('Sessions need no KMS key of yours: kmsKeyArn is not set.');
  const others: string[] = [];
  const filter = { Filters: [{ Key: 'name' as const, Values: [prefix] }] };
  for await (const { SecretList = [] } of paginateListSecrets({ client, stopOnSameToken: true }, filter)) {
    for (const { Name = '', KmsKeyId } of SecretList) {
      if (Name.startsWith(prefix) && KmsKeyId !== key) others.push(Name);
    }
  }
  if (others.length === 0) return ok('All sessions are under the KMS key of the stack.');
  return notOk(
    `${others.length} sessions are not under the KMS key of the stack.`,
    ...others
      .slice(0, SHOWN)
      .map((name) =>
        target.awsCommandLine('secretsmanager', 'update-secret', '--secret-id', name, '--kms-key-id', key),
      ),
  );
}

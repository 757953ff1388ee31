import { Failure } from '../../lambda/core/failure.ts';
import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { AwsError } from '../../local/aws-error.ts';
import { Secret } from '../../local/secrets-manager/secret.ts';

/** One secret, kept as the stand-in for Secrets Manager keeps it, without HTTP. */
export function inProcessStore(name: string, text: string): SecretStore {
  let nowMs = Date.UTC(2026, 0, 1);
  const secret = new Secret(`arn:${name}`, name, { nowMs: () => nowMs });
  secret.put('11111111-1111-4111-8111-111111111111', text, ['AWSCURRENT']);

  const known = (asked: string) => {
    nowMs += 1;
    if (asked !== name && asked !== secret.arn) throw new Failure('session_unknown', 'no such secret');
  };
  const orConflict = <T>(write: () => unknown, done: T) => {
    try {
      write();
      return done;
    } catch (error) {
      if (error instanceof AwsError) return 'conflict' as const;
      throw error;
    }
  };

  return {
    async readCurrent(asked) {
      known(asked);
      return { ...secret.version({ label: 'AWSCURRENT' }), arn: secret.arn, nowMs };
    },
    async readVersion(asked, version) {
      known(asked);
      return secret
        .versions()
        .find((each) =>
          'label' in version ? each.labels.includes(version.label) : each.versionId === version.versionId,
        );
    },
    async putVersion(asked, { versionId, text, labels }) {
      known(asked);
      return orConflict(() => secret.put(versionId, text, labels), 'written' as const);
    },
    async moveLabel(asked, { label, from, to }) {
      known(asked);
      return orConflict(() => secret.moveLabel(label, from, to), 'moved' as const);
    },
  };
}

import * as v from 'valibot';
import { type Action, AwsError, action, page } from '../aws-json.ts';
import { randomPassword } from './random-password.ts';
import type { Secret, Version } from './secret.ts';
import type { Secrets } from './secrets.ts';

const secretId = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const versionId = v.pipe(v.string(), v.minLength(32), v.maxLength(64));
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const text = v.pipe(v.string(), v.minLength(1), v.maxBytes(65_536));
const description = v.pipe(v.string(), v.maxLength(2048));
const kmsKeyId = v.pipe(v.string(), v.maxLength(2048));
const tagKey = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const tags = v.pipe(
  v.array(v.strictObject({ Key: tagKey, Value: v.pipe(v.string(), v.maxLength(256)) })),
  v.maxLength(50),
);
/** "name: Prefix match, case-sensitive" (API reference, Filter). */
const filter = v.strictObject({
  Key: v.literal('name'),
  Values: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10)),
});
const paging = {
  MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 100),
  NextToken: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
};

/** The supported actions by name. An unknown parameter is refused. */
export const ACTIONS: Readonly<Record<string, Action<Secrets>>> = {
  GetSecretValue: action(
    { SecretId: secretId, VersionId: v.optional(versionId), VersionStage: v.optional(label) },
    (secrets, input) => {
      const secret = secrets.find(input.SecretId);
      const version = secret.version({ versionId: input.VersionId, label: input.VersionStage });
      return { ...naming(secret), ...entry(version), SecretString: version.text };
    },
  ),

  ListSecretVersionIds: action(
    { SecretId: secretId, IncludeDeprecated: v.optional(v.boolean(), false), ...paging },
    (secrets, input) => {
      const secret = secrets.find(input.SecretId);
      // The documentation promises no order. This one does not depend on age.
      const versions = secret
        .versions()
        .filter(({ labels }) => input.IncludeDeprecated || labels.length > 0)
        .sort((a, b) => a.versionId.localeCompare(b.versionId));
      const { items, next } = pageOf(versions, input);
      return { ...naming(secret), Versions: items.map(entry), NextToken: next };
    },
  ),

  PutSecretValue: action(
    {
      SecretId: secretId,
      ClientRequestToken: versionId,
      SecretString: text,
      VersionStages: v.optional(v.pipe(v.array(label), v.minLength(1), v.maxLength(20)), ['AWSCURRENT']),
    },
    (secrets, input) => {
      const secret = secrets.find(input.SecretId);
      const version = secret.put(input.ClientRequestToken, input.SecretString, input.VersionStages);
      return { ...naming(secret), VersionId: version.versionId, VersionStages: version.labels };
    },
  ),

  UpdateSecretVersionStage: action(
    {
      SecretId: secretId,
      VersionStage: label,
      RemoveFromVersionId: v.optional(versionId),
      MoveToVersionId: v.optional(versionId),
    },
    (secrets, input) => {
      const secret = secrets.find(input.SecretId);
      secret.moveLabel(input.VersionStage, input.RemoveFromVersionId, input.MoveToVersionId);
      return naming(secret);
    },
  ),

  CreateSecret: action(
    {
      Name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/)),
      ClientRequestToken: versionId,
      SecretString: v.optional(text),
      Description: v.optional(description),
      KmsKeyId: v.optional(kmsKeyId),
      Tags: v.optional(tags, []),
    },
    (secrets, input) => {
      secrets.requireKmsKey(input.KmsKeyId);
      const secret = secrets.create(input.Name, input.SecretString, input.ClientRequestToken);
      secret.description = input.Description;
      secret.kmsKeyId = input.KmsKeyId;
      for (const { Key, Value } of input.Tags) secret.tags.set(Key, Value);
      return { ...naming(secret), VersionId: input.SecretString && input.ClientRequestToken };
    },
  ),

  DescribeSecret: action({ SecretId: secretId }, (secrets, input) => {
    const secret = secrets.describe(input.SecretId);
    return { ...metadata(secret), VersionIdsToStages: labelsByVersion(secret) };
  }),

  ListSecrets: action(
    {
      Filters: v.optional(v.pipe(v.array(filter), v.maxLength(10)), []),
      IncludePlannedDeletion: v.optional(v.boolean(), false),
      ...paging,
    },
    (secrets, input) => {
      const matching = secrets
        .all()
        .filter(({ deletionDateMs }) => input.IncludePlannedDeletion || deletionDateMs === undefined)
        .filter(({ name }) =>
          input.Filters.every(({ Values }) => Values.some((value) => name.startsWith(value))),
        );
      const { items, next } = pageOf(matching, input);
      return {
        SecretList: items.map((secret) => ({
          ...metadata(secret),
          SecretVersionsToStages: labelsByVersion(secret),
        })),
        NextToken: next,
      };
    },
  ),

  DeleteSecret: action(
    {
      SecretId: secretId,
      RecoveryWindowInDays: v.optional(v.pipe(v.number(), v.integer())),
      ForceDeleteWithoutRecovery: v.optional(v.boolean(), false),
    },
    (secrets, { SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force }) => {
      if (force && days !== undefined) {
        throw invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
      }
      if (days !== undefined && (days < 7 || days > 30)) {
        throw invalid('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
      }
      const secret = force ? secrets.deleteWithoutRecovery(SecretId) : secrets.delete(SecretId, days);
      return { ...naming(secret), DeletionDate: (secret.deletionDateMs ?? secrets.clock.nowMs()) / 1000 };
    },
  ),

  RestoreSecret: action({ SecretId: secretId }, (secrets, input) => naming(secrets.restore(input.SecretId))),

  GetRandomPassword: action(
    {
      PasswordLength: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4), v.maxValue(4096)), 32),
      ExcludePunctuation: v.optional(v.boolean(), false),
    },
    (_secrets, input) => ({ RandomPassword: randomPassword(input.PasswordLength, input.ExcludePunctuation) }),
  ),
};

function pageOf<T>(
  all: readonly T[],
  { MaxResults, NextToken }: { MaxResults: number; NextToken?: string | undefined },
) {
  return page(all, MaxResults, NextToken, 'InvalidNextTokenException');
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}

function naming({ arn, name }: Secret): { readonly ARN: string; readonly Name: string } {
  return { ARN: arn, Name: name };
}

/** A version without its text. Times are in seconds, with a fraction. */
function entry({ versionId, labels, createdAtMs }: Version): object {
  return {
    VersionId: versionId,
    VersionStages: labels.length > 0 ? labels : undefined,
    CreatedDate: createdAtMs / 1000,
  };
}

function metadata(secret: Secret): object {
  return {
    ...naming(secret),
    Description: secret.description,
    CreatedDate: secret.createdAtMs / 1000,
    LastChangedDate: secret.changedAtMs / 1000,
    DeletedDate: secret.deletionDateMs && secret.deletionDateMs / 1000,
    KmsKeyId: secret.kmsKeyId,
    Tags: secret.tags.size > 0 ? [...secret.tags].map(([Key, Value]) => ({ Key, Value })) : undefined,
  };
}

/** "A list of the versions of the secret that have staging labels attached" (API reference, DescribeSecret). */
function labelsByVersion(secret: Secret): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    secret
      .versions()
      .filter(({ labels }) => labels.length > 0)
      .map(({ versionId, labels }) => [versionId, labels]),
  );
}

import * as v from 'valibot';
import { AwsError } from '../aws-error.ts';
import type { Secret, Version } from './secret.ts';
import type { Secrets } from './secrets.ts';

/** Returns the output for the input that was received. */
type Action = (secrets: Secrets, input: unknown) => object;

/** An action whose unknown and malformed parameters are refused. */
function action<S extends v.ObjectEntries>(
  entries: S,
  run: (secrets: Secrets, input: v.InferOutput<v.StrictObjectSchema<S, undefined>>) => object,
): Action {
  const schema = v.strictObject(entries);
  return (secrets, input) => {
    const parsed = v.safeParse(schema, input);
    if (parsed.success) return run(secrets, parsed.output);
    throw new AwsError('ValidationException', v.summarize(parsed.issues));
  };
}

const secretId = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const versionId = v.pipe(v.string(), v.minLength(32), v.maxLength(64));
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const text = v.pipe(v.string(), v.minLength(1), v.maxBytes(65_536));
const tag = v.strictObject({
  Key: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  Value: v.pipe(v.string(), v.maxLength(256)),
});
/** "name: Prefix match, case-sensitive" (API reference, Filter). */
const filter = v.strictObject({
  Key: v.literal('name'),
  Values: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10)),
});

/** The supported actions by name. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  GetSecretValue: action(
    { SecretId: secretId, VersionId: v.optional(versionId), VersionStage: v.optional(label) },
    (secrets, input) => {
      const secret = secrets.find(input.SecretId);
      const version = secret.version({ versionId: input.VersionId, label: input.VersionStage });
      return { ...naming(secret), ...entry(version), SecretString: version.text };
    },
  ),

  /** Only release 0.2.0 asks for it: test/proof/upgrade.test.ts. To be removed in 0.4. */
  ListSecretVersionIds: action(
    { SecretId: secretId, IncludeDeprecated: v.literal(true), MaxResults: v.literal(100) },
    (secrets, { SecretId }) => {
      const secret = secrets.find(SecretId);
      return { ...naming(secret), Versions: secret.versions().map(entry) };
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
      secret.put(input.ClientRequestToken, input.SecretString, input.VersionStages);
      return { ...naming(secret), VersionId: input.ClientRequestToken };
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
      Description: v.optional(v.string()),
      KmsKeyId: v.optional(v.string()),
      Tags: v.optional(v.pipe(v.array(tag), v.maxLength(50)), []),
    },
    (secrets, input) => {
      secrets.requireKmsKey(input.KmsKeyId);
      const secret = secrets.create(input.Name, input.SecretString, input.ClientRequestToken);
      secret.kmsKeyId = input.KmsKeyId;
      for (const { Key, Value } of input.Tags) secret.tags.set(Key, Value);
      return { ...naming(secret), VersionId: input.SecretString && input.ClientRequestToken };
    },
  ),

  DescribeSecret: action({ SecretId: secretId }, (secrets, input) =>
    metadata(secrets.describe(input.SecretId)),
  ),

  ListSecrets: action(
    {
      Filters: v.optional(v.pipe(v.array(filter), v.maxLength(10)), []),
      MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 100),
      // The number of secrets before the page.
      NextToken: v.optional(v.pipe(v.string(), v.digits(), v.transform(Number)), '0'),
    },
    (secrets, { Filters, MaxResults, NextToken }) => {
      const matching = secrets
        .all()
        .filter(({ deletionDateMs }) => deletionDateMs === undefined)
        .filter(({ name }) => Filters.every(({ Values }) => Values.some((value) => name.startsWith(value))));
      const end = NextToken + MaxResults;
      return {
        SecretList: matching.slice(NextToken, end).map(metadata),
        NextToken: end < matching.length ? String(end) : undefined,
      };
    },
  ),

  DeleteSecret: action(
    {
      SecretId: secretId,
      // "a value from 7 to 30"
      RecoveryWindowInDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(7), v.maxValue(30))),
      ForceDeleteWithoutRecovery: v.optional(v.boolean(), false),
    },
    (secrets, { SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force }) => {
      // "You can't use both this parameter and ForceDeleteWithoutRecovery in the same call."
      if (force && days !== undefined) throw new AwsError('InvalidParameterException', 'two ways to delete');
      const secret = force ? secrets.deleteWithoutRecovery(SecretId) : secrets.delete(SecretId, days);
      return { ...naming(secret), DeletionDate: (secret.deletionDateMs ?? secrets.clock.nowMs()) / 1000 };
    },
  ),

  RestoreSecret: action({ SecretId: secretId }, (secrets, input) => {
    const secret = secrets.describe(input.SecretId);
    secret.deletionDateMs = undefined;
    return naming(secret);
  }),
};

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
    CreatedDate: secret.createdAtMs / 1000,
    DeletedDate: secret.deletionDateMs && secret.deletionDateMs / 1000,
    KmsKeyId: secret.kmsKeyId,
    Tags: secret.tags.size > 0 ? [...secret.tags].map(([Key, Value]) => ({ Key, Value })) : undefined,
  };
}

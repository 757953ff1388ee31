import * as v from 'valibot';
import { page } from './page.ts';
import { randomPassword } from './random-password.ts';
import type { Secret, Version } from './secret.ts';
import type { Secrets } from './secrets.ts';
import { SecretsManagerError } from './secrets-manager-error.ts';

/** Takes an action's input off the wire and gives its output. */
export type Action = (secrets: Secrets, input: unknown) => object;

const secretId = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const versionId = v.pipe(v.string(), v.minLength(32), v.maxLength(64));
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(256));
const text = v.pipe(v.string(), v.minLength(1), v.maxBytes(65_536));
const paging = {
  MaxResults: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))),
  NextToken: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(4096))),
};

const DAY_SECONDS = 24 * 60 * 60;

function action<S extends v.ObjectEntries>(
  entries: S,
  run: (secrets: Secrets, input: v.InferOutput<v.StrictObjectSchema<S, undefined>>) => object,
): Action {
  const schema = v.strictObject(entries);
  return (secrets, input) => {
    const parsed = v.safeParse(schema, input);
    if (parsed.success) return run(secrets, parsed.output);
    throw new SecretsManagerError('ValidationException', v.summarize(parsed.issues));
  };
}

/** The actions that this stand-in knows, by name. A parameter that it does not know is refused. */
export const ACTIONS: Readonly<Record<string, Action>> = {
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
      // AWS promises no order: that of the ids, which says nothing of age.
      const versions = secret
        .versions()
        .filter(({ labels }) => input.IncludeDeprecated || labels.length > 0)
        .sort((a, b) => a.versionId.localeCompare(b.versionId));
      const { items, ...next } = page(versions, input);
      return { ...naming(secret), Versions: items.map(entry), ...next };
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
      Description: v.optional(v.pipe(v.string(), v.maxLength(2048))),
    },
    (secrets, input) => {
      const secret = secrets.create(input.Name, input.SecretString, input.ClientRequestToken);
      secret.description = input.Description;
      return {
        ...naming(secret),
        ...(input.SecretString === undefined ? {} : { VersionId: input.ClientRequestToken }),
      };
    },
  ),

  DescribeSecret: action({ SecretId: secretId }, (secrets, input) => {
    const secret = secrets.describe(input.SecretId);
    return { ...description(secret), VersionIdsToStages: labelsByVersion(secret) };
  }),

  ListSecrets: action(
    {
      Filters: v.optional(
        v.array(
          v.strictObject({ Key: v.literal('name'), Values: v.pipe(v.array(v.string()), v.minLength(1)) }),
        ),
        [],
      ),
      ...paging,
    },
    (secrets, input) => {
      const fitting = secrets
        .all()
        .filter(({ deletedAtMs }) => deletedAtMs === undefined)
        .filter(({ name }) =>
          input.Filters.every(({ Values }) => Values.some((prefix) => name.startsWith(prefix))),
        );
      const { items, ...next } = page(fitting, input);
      return {
        SecretList: items.map((secret) => ({
          ...description(secret),
          SecretVersionsToStages: labelsByVersion(secret),
        })),
        ...next,
      };
    },
  ),

  DeleteSecret: action(
    {
      SecretId: secretId,
      RecoveryWindowInDays: v.optional(v.pipe(v.number(), v.integer(), v.minValue(7), v.maxValue(30))),
      ForceDeleteWithoutRecovery: v.optional(v.boolean(), false),
    },
    (secrets, input) => {
      const secret = secrets.delete(input.SecretId, input.ForceDeleteWithoutRecovery);
      const windowDays = input.ForceDeleteWithoutRecovery ? 0 : (input.RecoveryWindowInDays ?? 30);
      return { ...naming(secret), DeletionDate: secrets.clock.nowMs() / 1000 + windowDays * DAY_SECONDS };
    },
  ),

  GetRandomPassword: action(
    {
      PasswordLength: v.optional(v.pipe(v.number(), v.integer(), v.minValue(4), v.maxValue(4096)), 32),
      ExcludePunctuation: v.optional(v.boolean(), false),
    },
    (_secrets, input) => ({ RandomPassword: randomPassword(input.PasswordLength, input.ExcludePunctuation) }),
  ),
};

function naming({ arn, name }: Secret): { readonly ARN: string; readonly Name: string } {
  return { ARN: arn, Name: name };
}

/** A version without its text. Times are seconds with their fraction. */
function entry({ versionId, labels, createdAtMs }: Version): object {
  return {
    VersionId: versionId,
    ...(labels.length > 0 ? { VersionStages: labels } : {}),
    CreatedDate: createdAtMs / 1000,
  };
}

function description(secret: Secret): object {
  return {
    ...naming(secret),
    ...(secret.description === undefined ? {} : { Description: secret.description }),
    CreatedDate: secret.createdAtMs / 1000,
    LastChangedDate: secret.changedAtMs / 1000,
    ...(secret.deletedAtMs === undefined ? {} : { DeletedDate: secret.deletedAtMs / 1000 }),
  };
}

/** Versions without a label are left out, as AWS does. */
function labelsByVersion(secret: Secret): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    secret
      .versions()
      .filter(({ labels }) => labels.length > 0)
      .map(({ versionId, labels }) => [versionId, labels]),
  );
}

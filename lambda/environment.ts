import * as v from 'valibot';

/** The environment of the function: the stack writes it, and the handler reads it. */

/** The name of a stack, unless its setting `name` is another. */
export const DEFAULT_NAME = 'blink-logout';

/** A stack's name. It begins with a letter, as CloudFormation demands of a stack's name. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;

/** Every session is a secret named `<name>/<session>`. */
export function sessionSecretPrefix(name: string): string {
  return `${name}/`;
}

/** The secret of the webhook key. No session can have this name, because it lacks the sessions' prefix. */
export function webhookKeySecretName(name: string): string {
  return `${name}-webhook-key`;
}

/** No run outlives this. */
export const FUNCTION_TIMEOUT_SECONDS = 60;

/**
 * A claim that is older belongs to a run that has ended, and its requests have arrived or are lost: 30 s for requests in
 * flight, 5 s for the clocks of Secrets Manager, which may disagree.
 */
export const CLAIM_LIFE_SECONDS = FUNCTION_TIMEOUT_SECONDS + 30 + 5;

/**
 * Read by the SDK (AWS SDKs and Tools Reference Guide, "Location of the shared config and credentials files"): without
 * them it looks for `~/.aws` in every cold start.
 */
export const NO_SHARED_FILES = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

const LOOPBACK_ENDPOINT = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?\/?$/;

const NAME_RULE = 'BLINK_LOGOUT_NAME must be 1 to 63 characters of a-z, 0-9 and -, and begin with a letter';

const USER_AGENT_RULE = 'BLINK_USER_AGENT must be 1 to 200 printable ASCII characters';

const environmentSchema = v.object({
  /** Prefixes the names of the secrets, and is the namespace of the metrics: several stacks can live in one account. */
  BLINK_LOGOUT_NAME: v.pipe(v.string(NAME_RULE), v.regex(NAME_PATTERN, NAME_RULE)),
  /** Who may call the webhook: holders of the key, or callers that API Gateway authenticates by IAM. */
  WEBHOOK_AUTH: v.picklist(['key', 'iam'], 'WEBHOOK_AUTH must be key or iam'),
  /** Sent to Blink as it stands; it has mattered before (blink-api.md section 2). */
  BLINK_USER_AGENT: v.pipe(v.string(USER_AGENT_RULE), v.regex(/^[\x20-\x7e]{1,200}$/, USER_AGENT_RULE)),
  /** Whether the metrics of a run are sent for its session, too: each session and metric costs. */
  SESSION_METRICS: v.optional(v.picklist(['true', 'false'], 'SESSION_METRICS must be true or false'), 'true'),
  /** A stand-in for Blink. Loopback only, since bearer tokens are sent there. */
  BLINK_ENDPOINT: v.optional(
    v.pipe(
      v.string(),
      v.regex(LOOPBACK_ENDPOINT, 'BLINK_ENDPOINT must be an http(s) URL of a loopback address'),
    ),
  ),
});

export type FunctionEnvironment = v.InferOutput<typeof environmentSchema>;

/** Reports all faults at once, and never a value. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): FunctionEnvironment {
  // Every name, so that a missing variable is reported by its own rule.
  const names = Object.keys(environmentSchema.entries);
  const named = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const parsed = v.safeParse(environmentSchema, named);
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => issue.message);
  throw new Error(`the environment of the function is invalid: ${faults.join('; ')}`);
}

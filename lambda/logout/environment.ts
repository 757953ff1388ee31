import * as v from 'valibot';
import { STACK_NAME_PATTERN } from '../core/stack-name.ts';

/** The function's environment. The stack writes it, and `init.ts` reads it. */

/** The User-Agent of requests to Blink: 1 to 200 printable ASCII characters. */
export const USER_AGENT_PATTERN = /^[\x20-\x7e]{1,200}$/;

/**
 * Without these, the SDK looks for `~/.aws` in every cold start (AWS SDKs and Tools Reference Guide, "Location of the
 * shared config and credentials files").
 */
export const NO_SHARED_FILES = {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
};

const LOOPBACK_ENDPOINT = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?\/?$/;

const NAME_RULE = 'BLINK_LOGOUT_NAME must be blink-logout, or blink-logout-<name> with the setting name';

const USER_AGENT_RULE = 'BLINK_USER_AGENT must be 1 to 200 printable ASCII characters';

const environmentSchema = v.object({
  /** The stack's name: the prefix of the secrets' names and the namespace of the metrics. */
  BLINK_LOGOUT_NAME: v.pipe(v.string(NAME_RULE), v.regex(STACK_NAME_PATTERN, NAME_RULE)),
  /** How webhook callers are authenticated: the function checks the key, or API Gateway checks IAM signatures. */
  WEBHOOK_AUTH: v.picklist(['key', 'iam'], 'WEBHOOK_AUTH must be key or iam'),
  /** Sent to Blink unchanged. Blink has rejected requests because of it. */
  BLINK_USER_AGENT: v.pipe(v.string(USER_AGENT_RULE), v.regex(USER_AGENT_PATTERN, USER_AGENT_RULE)),
  /** Whether a run's metrics are also sent for its session. Each metric of each session costs. */
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

/** Reports all faults at once, without any value. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): FunctionEnvironment {
  // Includes missing variables, so that each is reported by its own rule.
  const names = Object.keys(environmentSchema.entries);
  const named = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const parsed = v.safeParse(environmentSchema, named);
  if (parsed.success) return parsed.output;
  const faults = parsed.issues.map((issue) => issue.message);
  throw new Error(`the environment of the function is invalid: ${faults.join('; ')}`);
}

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

const environmentSchema = v.object({
  /** The stack's name: the prefix of the secrets' names and the namespace of the metrics. */
  BLINK_LOGOUT_NAME: v.pipe(v.string(), v.regex(STACK_NAME_PATTERN)),
  /** How webhook callers are authenticated: the function checks the key, or API Gateway checks IAM signatures. */
  WEBHOOK_AUTH: v.picklist(['key', 'iam']),
  /** Sent to Blink unchanged. Blink has rejected requests because of it. */
  BLINK_USER_AGENT: v.pipe(v.string(), v.regex(USER_AGENT_PATTERN)),
  /** Whether a run's metrics are also sent for its session. Each metric of each session costs. */
  SESSION_METRICS: v.optional(v.picklist(['true', 'false']), 'true'),
  /** A stand-in for Blink. Loopback only, since bearer tokens are sent there. */
  BLINK_ENDPOINT: v.optional(v.pipe(v.string(), v.regex(LOOPBACK_ENDPOINT))),
});

export type FunctionEnvironment = v.InferOutput<typeof environmentSchema>;

/** Names all variables that are missing or malformed, without any value. Only a hand can have changed what the stack wrote. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): FunctionEnvironment {
  const parsed = v.safeParse(environmentSchema, variables);
  if (parsed.success) return parsed.output;
  const names = parsed.issues.map((issue) => v.getDotPath(issue));
  throw new Error(`the environment of the function is invalid: deploy again to restore ${names.join(', ')}`);
}

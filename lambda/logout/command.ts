import * as v from 'valibot';
import { numericIdSchema } from '../core/blink/numeric-id.ts';
import { Failure } from '../core/failure.ts';
import { DEFAULT_SESSION, sessionNameSchema } from '../core/session-name.ts';

/** A caller's request, with all defaults applied. */
export interface Command {
  readonly session: string;
  readonly action: 'logout' | 'check';
  /** Another client of the account, by its numeric id. */
  readonly clientId?: string;
}

const FIELDS = ['session', 'action', 'clientId'] as const;
const ACCEPTED = `${FIELDS.join(', ')} (all optional)`;

const commandSchema = v.object({
  session: v.optional(sessionNameSchema, DEFAULT_SESSION),
  action: v.optional(v.picklist(['logout', 'check'], 'must be logout or check'), 'logout'),
  clientId: v.exactOptional(numericIdSchema),
});

/**
 * Parses the fields of a direct invocation or of a webhook's body. Unknown fields are refused, so that a misspelt field
 * does not log out the default session.
 * @param sessionInPath the session in the webhook's path
 */
export function parseCommand(input: unknown, sessionInPath?: string): Command {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new Failure('request_invalid', `expected a JSON object; accepted are ${ACCEPTED}`);
  }
  // A schema would ignore keys such as __proto__.
  const fields: Readonly<Record<string, unknown>> = { ...input };
  const unknown = Object.keys(fields).filter((name) => !FIELDS.some((field) => field === name));
  if (unknown.length > 0) {
    const names = unknown.slice(0, 5).map(printable).join(', ');
    throw new Failure('request_invalid', `unknown field ${names}; accepted are ${ACCEPTED}`);
  }
  const { session = sessionInPath } = fields;
  if (sessionInPath !== undefined && session !== sessionInPath) {
    throw new Failure('request_invalid', 'the path and the body name different sessions');
  }
  const command = v.safeParse(commandSchema, { ...fields, session });
  if (command.success) return command.output;
  const faults = command.issues.map((issue) => `${v.getDotPath(issue)} ${issue.message}`);
  throw new Failure('request_invalid', faults.join('; '));
}

function printable(name: string): string {
  return /^[\w.-]{1,40}$/.test(name) ? `"${name}"` : '(a name that is not shown)';
}

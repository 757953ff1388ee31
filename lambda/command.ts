import * as v from 'valibot';
import { numericIdSchema } from './blink/numeric-id.ts';
import { Failure } from './failure.ts';
import { DEFAULT_SESSION, sessionNameSchema } from './session-name.ts';

/** What a caller asks for, with every default filled in. */
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
 * Takes the fields of a direct invocation or of a webhook's body, and the session in the webhook's path where there is
 * one. Unknown fields are refused: nobody is logged out by a guess.
 */
export function parseCommand(input: unknown, sessionInPath?: string): Command {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new Failure('request_invalid', `expected a JSON object; accepted are ${ACCEPTED}`);
  }
  // All of its keys: a schema would pass over __proto__ and its like in silence.
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

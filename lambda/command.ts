import * as v from 'valibot';
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
  action: v.optional(v.picklist(['logout', 'check'], 'action must be logout or check'), 'logout'),
  clientId: v.exactOptional(
    v.pipe(
      v.union(
        [v.string(), v.pipe(v.number(), v.safeInteger(), v.transform(String))],
        'clientId must be a numeric id',
      ),
      v.regex(/^\d{1,20}$/, 'clientId must be a numeric id of 1 to 20 digits'),
    ),
  ),
});

/**
 * Takes the fields of a direct invocation or of a webhook's body, and the session in the webhook's path where there is
 * one. Unknown fields are refused: nobody is logged out by a guess.
 */
export function parseCommand(input: unknown, sessionInPath?: string): Command {
  const fields = v.safeParse(v.record(v.string(), v.unknown()), input);
  if (!fields.success || Array.isArray(input)) {
    throw new Failure('request_invalid', `expected a JSON object; accepted are ${ACCEPTED}`);
  }
  const unknown = Object.keys(fields.output).filter((name) => !FIELDS.some((field) => field === name));
  if (unknown.length > 0) {
    const names = unknown.slice(0, 5).map(printable).join(', ');
    throw new Failure('request_invalid', `unknown field ${names}; accepted are ${ACCEPTED}`);
  }
  const { session = sessionInPath } = fields.output;
  if (sessionInPath !== undefined && session !== sessionInPath) {
    throw new Failure('request_invalid', 'the path and the body name different sessions');
  }
  const command = v.safeParse(commandSchema, { ...fields.output, session });
  if (command.success) return command.output;
  throw new Failure('request_invalid', command.issues.map((issue) => issue.message).join('; '));
}

function printable(name: string): string {
  return /^[\w.-]{1,40}$/.test(name) ? `"${name}"` : '(a name that is not shown)';
}

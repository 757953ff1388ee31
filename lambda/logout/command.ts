import * as v from 'valibot';
import { numericIdSchema } from '../core/blink/numeric-id.ts';
import { Failure } from '../core/failure.ts';
import { DEFAULT_SESSION, sessionNameSchema } from '../core/session-name.ts';

const FIELDS = ['session', 'action', 'clientId'] as const;
const ACCEPTED = `${FIELDS.join(', ')} (all optional)`;

const commandSchema = v.object({
  session: v.optional(sessionNameSchema, DEFAULT_SESSION),
  action: v.optional(v.picklist(['logout', 'check'], 'must be logout or check'), 'logout'),
  /** Another client of the account. */
  clientId: v.exactOptional(numericIdSchema),
});

/** A caller's request, with all defaults applied. */
export type Command = v.InferOutput<typeof commandSchema>;

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
    throw new Failure('request_invalid', `${unknownWords(unknown)}; accepted are ${ACCEPTED}`);
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

/** An unknown name may be a secret in the wrong place, so that only one that is nearly ours is told. */
function unknownWords(names: readonly string[]): string {
  const misspelt = names.flatMap((name) => {
    const meant = FIELDS.find((field) => isNearly(field, name));
    return meant === undefined ? [] : [`"${name}" (${meant}?)`];
  });
  const count = names.length === 1 ? 'an unknown field' : `${names.length} unknown fields`;
  return misspelt.length === 0 ? count : `${count}: ${misspelt.slice(0, 5).join(', ')}`;
}

/** Whether it has a field's letters but for one, in any order and case, and perhaps - or _. */
function isNearly(field: string, name: string): boolean {
  const rest = [...name.toLowerCase().replace(/[-_]/g, '')];
  let missing = 0;
  for (const letter of field.toLowerCase()) {
    const at = rest.indexOf(letter);
    if (at === -1) missing += 1;
    else rest.splice(at, 1);
  }
  return Math.max(missing, rest.length) <= 1;
}

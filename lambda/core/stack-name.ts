/** The names of a stack and its parts. The setting `name` is a suffix, which distinguishes the stacks of one account and Region. */

const FIRST_PART = 'blink-logout';
const FLEET = 'fleet';
const WEBHOOK_KEY = 'webhook-key';

/** The stack, its function and topic, and the namespace of its metrics: `blink-logout`, or `blink-logout-garden` for "garden". */
export function stackName(name?: string): string {
  return name === undefined ? FIRST_PART : `${FIRST_PART}-${name}`;
}

/** A name that `stackName` gives. */
export const STACK_NAME_PATTERN = new RegExp(`^${FIRST_PART}(-[a-z0-9-]+)?$`);

/** The function that logs out many sessions. */
export function fleetName(stack: string): string {
  return `${stack}-${FLEET}`;
}

/** Every session is a secret named `blink-logout/<session>`. */
export function sessionSecretPrefix(stack: string): string {
  return `${stack}/`;
}

/** The secret of the webhook key. It lacks the sessions' prefix, so no session can have this name. */
export function webhookKeySecretName(stack: string): string {
  return `${stack}-${WEBHOOK_KEY}`;
}

/** The length of a function's name (AWS Lambda API Reference, "CreateFunction"). All other names may be longer. */
const MAX_FUNCTION_NAME_LENGTH = 64;
const MAX_NAME_LENGTH = MAX_FUNCTION_NAME_LENGTH - fleetName(stackName('')).length;
export const NAME_RULE = `1 to ${MAX_NAME_LENGTH} characters of a-z, 0-9 and -, beginning and ending with a letter or a digit`;

/** What is accepted in place of a setting `name`; `undefined` if it is accepted. */
export function nameFault(name: string): string | undefined {
  if (name.length > MAX_NAME_LENGTH || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) return NAME_RULE;
  if (name === FIRST_PART) return `no name: without one, everything is called ${FIRST_PART}`;
  if (name.startsWith(`${FIRST_PART}-`)) {
    return `only what follows ${FIRST_PART}-, "${name.slice(FIRST_PART.length + 1)}"`;
  }
  const taken = [FLEET, WEBHOOK_KEY].find((part) => name === part || name.endsWith(`-${part}`));
  if (taken === undefined) return undefined;
  const owner = name === taken ? stackName() : stackName(name.slice(0, -taken.length - 1));
  return `a name that does not end in ${taken}: ${stackName(name)} is a part of the stack ${owner}`;
}

/** The default of the setting `name`. */
export const DEFAULT_NAME = 'blink-logout';

/** A stack's name. CloudFormation requires a letter at the beginning. */
export const NAME_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;

/** Every session is a secret named `<name>/<session>`. */
export function sessionSecretPrefix(name: string): string {
  return `${name}/`;
}

/** The secret of the webhook key. It lacks the sessions' prefix, so no session can have this name. */
export function webhookKeySecretName(name: string): string {
  return `${name}-webhook-key`;
}

/** The OAuth clients that Blink knows (observed in several clients). */
export const OAUTH_CLIENTS: readonly string[] = ['android', 'ios', 'amazon'];

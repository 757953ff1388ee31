/** The OAuth clients that Blink knows (seen in several clients). */
export const OAUTH_CLIENTS: readonly string[] = ['android', 'ios', 'amazon'];

/** Hardware ids that the edge turns away: those that popular libraries were shipped with. */
export const BLOCKED_HARDWARE_IDS: readonly string[] = ['Blinkpy', 'Home Assistant'];

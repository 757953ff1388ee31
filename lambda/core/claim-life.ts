/** Lambda ends a run after this time. */
export const FUNCTION_TIMEOUT_SECONDS = 60;

/**
 * An older claim belongs to a run that has ended, and its requests have arrived or are lost. The time allows 30 s for
 * requests in flight and 5 s for differences between Secrets Manager's clocks.
 */
export const CLAIM_LIFE_SECONDS = FUNCTION_TIMEOUT_SECONDS + 30 + 5;

/** With an answer's Date in whole seconds, and a prefetched reading that is up to a second old. */
export const CLAIM_LIFE_MS = CLAIM_LIFE_SECONDS * 1000 + 2_000;

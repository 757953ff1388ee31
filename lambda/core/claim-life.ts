/** Lambda ends a run after this time. */
export const FUNCTION_TIMEOUT_SECONDS = 60;

/**
 * An older claim belongs to a run that has ended, and its requests have arrived or are lost. The time allows 30 s for
 * requests in flight, 5 s for differences between Secrets Manager's clocks, and 2 s for the reading that dates the claim:
 * its time has whole seconds, and it may have been prefetched a second before.
 */
export const CLAIM_LIFE_SECONDS = FUNCTION_TIMEOUT_SECONDS + 30 + 5 + 2;

export const CLAIM_LIFE_MS = CLAIM_LIFE_SECONDS * 1000;

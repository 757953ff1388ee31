/** Secrets Manager's own label for the version that counts. */
export const CURRENT = 'AWSCURRENT';

/** On the newest entry of the journal: a claim, its end, or the version that the run holding the claim saved. */
export const CLAIM = 'BLINK_LOGOUT_CLAIM';

/** On the version whose session has been logged out. */
export const LOGGED_OUT = 'BLINK_LOGGED_OUT';

/** On a version whose refresh token Blink has refused for good: no run asks Blink with it again. */
export const REFUSED = 'BLINK_REFUSED';

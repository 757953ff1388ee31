/** The moment a run is ended from outside. */
export interface Deadline {
  /** Milliseconds left; zero or less when it is over. */
  remainingMs(): number;
}

/** A refresh that takes longer is given up. */
export const REFRESH_TIMEOUT_MS = 8_000;

/** What is kept free for saving the new refresh token, with the save's retries. */
export const SAVE_RESERVE_MS = 10_000;

/** Nothing is spent that could not be saved: whether a refresh and the save still fit, after a pause. */
export function holdsRefreshAndSave(deadline: Deadline, pauseMs = 0): boolean {
  return deadline.remainingMs() >= pauseMs + REFRESH_TIMEOUT_MS + SAVE_RESERVE_MS;
}

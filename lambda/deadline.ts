/** The moment a run is ended from outside. */
export interface Deadline {
  /** Milliseconds left; zero or less when it is over. */
  remainingMs(): number;
}

import type { SettableClock } from '../settable-clock.ts';

const WRONG_PASSWORDS = 5;
const LOCKED_MS = 10 * 60 * 1000;

/** Five wrong passwords lock an e-mail address for ten minutes. A right one resets the count. */
export class LockOut {
  readonly #clock: SettableClock;
  readonly #byEmail = new Map<string, { wrong: number; untilMs: number }>();

  constructor(clock: SettableClock) {
    this.#clock = clock;
  }

  isLocked(email: string): boolean {
    return (this.#byEmail.get(email)?.untilMs ?? 0) > this.#clock.nowMs();
  }

  wrongPassword(email: string): void {
    const wrong = (this.#byEmail.get(email)?.wrong ?? 0) + 1;
    const isLast = wrong >= WRONG_PASSWORDS;
    this.#byEmail.set(email, {
      wrong: isLast ? 0 : wrong,
      untilMs: isLast ? this.#clock.nowMs() + LOCKED_MS : 0,
    });
  }

  rightPassword(email: string): void {
    this.#byEmail.delete(email);
  }
}

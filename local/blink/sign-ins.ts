import { randomBytes } from 'node:crypto';
import type { Clock } from '../settable-clock.ts';
import type { AccountSeed } from './accounts.ts';
import type { AuthorizationRequest } from './forms.ts';

/** A sign-in that has begun. It is `authenticated` after the password and the second factor. */
export interface SignIn {
  readonly request: AuthorizationRequest;
  readonly csrfToken: string;
  account?: AccountSeed;
  authenticated?: boolean;
}

const COOKIE = 'oauth_session';
const WRONG_PASSWORDS = 5;
const LOCKED_MS = 600_000;

/** The sign-ins that have begun, by cookie, and those that have ended, by code. */
export class SignIns {
  readonly #clock: Clock;
  readonly #byCookie = new Map<string, SignIn>();
  readonly #byCode = new Map<string, SignIn>();
  /** By e-mail address, with the time of the last. */
  readonly #wrongPasswords = new Map<string, { readonly count: number; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(cookies = ''): SignIn | undefined {
    const cookie = cookies.split(/; */).find((each) => each.startsWith(`${COOKIE}=`));
    return this.#byCookie.get(cookie?.slice(COOKIE.length + 1) ?? '');
  }

  /**
   * Returns the header of the sign-in's cookie. Without `Secure`, because a browser may not keep such a cookie over plain
   * HTTP (RFC 6265bis, section 5.7).
   */
  begin(request: AuthorizationRequest): { readonly 'set-cookie': string } {
    const id = randomText();
    this.#byCookie.set(id, { request, csrfToken: randomText() });
    return { 'set-cookie': `${COOKIE}=${id}; Path=/oauth; HttpOnly; SameSite=Lax` };
  }

  issueCode(signIn: SignIn): string {
    const code = randomText();
    this.#byCode.set(code, signIn);
    return code;
  }

  /** A code is valid once. */
  takeCode(code: string): SignIn | undefined {
    const signIn = this.#byCode.get(code);
    this.#byCode.delete(code);
    return signIn;
  }

  /** Five wrong passwords lock an e-mail address for ten minutes. A right one resets the count. */
  isLocked(email: string): boolean {
    const { count = 0, atMs = 0 } = this.#wrongPasswords.get(email) ?? {};
    return count >= WRONG_PASSWORDS && this.#clock.nowMs() < atMs + LOCKED_MS;
  }

  countPassword(email: string, isRight: boolean): void {
    const { count = 0 } = this.#wrongPasswords.get(email) ?? {};
    if (isRight) this.#wrongPasswords.delete(email);
    else this.#wrongPasswords.set(email, { count: count + 1, atMs: this.#clock.nowMs() });
  }
}

function randomText(): string {
  return randomBytes(16).toString('base64url');
}

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
  /** The time from which another second-factor code may be sent. */
  nextCodeAtMs: number;
}

const COOKIE = 'oauth_session';
const CODE_LIFE_MS = 600_000;
const WRONG_PASSWORDS = 5;
const LOCKED_MS = 600_000;

/** The sign-ins that have begun, by cookie, and those that have ended, by code. */
export class SignIns {
  readonly #clock: Clock;
  readonly #byCookie = new Map<string, SignIn>();
  readonly #byCode = new Map<string, { readonly signIn: SignIn; readonly expiresAtMs: number }>();
  /** By e-mail address, with the time of the last. */
  readonly #wrongPasswords = new Map<string, { readonly count: number; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  find(cookies = ''): SignIn | undefined {
    const cookie = cookies.split(/; */).find((each) => each.startsWith(`${COOKIE}=`));
    return this.#byCookie.get(cookie?.slice(COOKIE.length + 1) ?? '');
  }

  begin(request: AuthorizationRequest): SignIn {
    return { request, csrfToken: randomBytes(12).toString('base64url'), nextCodeAtMs: 0 };
  }

  /**
   * Returns the header of a new cookie for the sign-in. An older one becomes invalid. Without `Secure`, because a browser may
   * not keep such a cookie over plain HTTP (RFC 6265bis, section 5.7).
   */
  cookieFor(signIn: SignIn): { readonly 'set-cookie': string } {
    this.#end(signIn);
    const id = randomBytes(12).toString('base64url');
    this.#byCookie.set(id, signIn);
    return { 'set-cookie': `${COOKIE}=${id}; Path=/oauth; HttpOnly; SameSite=Lax` };
  }

  issueCode(signIn: SignIn): string {
    this.#end(signIn);
    const code = randomBytes(16).toString('base64url');
    this.#byCode.set(code, { signIn, expiresAtMs: this.#clock.nowMs() + CODE_LIFE_MS });
    return code;
  }

  /** A code is valid once, and for ten minutes. */
  takeCode(code: string): SignIn | undefined {
    const issued = this.#byCode.get(code);
    this.#byCode.delete(code);
    return issued !== undefined && issued.expiresAtMs > this.#clock.nowMs() ? issued.signIn : undefined;
  }

  /** Five wrong passwords lock an e-mail address for ten minutes. A right one resets the count. */
  isLocked(email: string): boolean {
    const { count = 0, atMs = 0 } = this.#wrongPasswords.get(email) ?? {};
    return count >= WRONG_PASSWORDS && this.#clock.nowMs() < atMs + LOCKED_MS;
  }

  countPassword(email: string, isRight: boolean): void {
    const { count = 0 } = this.#wrongPasswords.get(email) ?? {};
    const isAfterLock = count >= WRONG_PASSWORDS;
    if (isRight) this.#wrongPasswords.delete(email);
    else this.#wrongPasswords.set(email, { count: isAfterLock ? 1 : count + 1, atMs: this.#clock.nowMs() });
  }

  #end(signIn: SignIn): void {
    for (const [id, each] of this.#byCookie) if (each === signIn) this.#byCookie.delete(id);
  }
}

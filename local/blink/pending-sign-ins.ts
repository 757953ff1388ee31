import { randomBytes } from 'node:crypto';
import type { AccountSeed } from './accounts.ts';
import type { AuthorizationRequest } from './forms.ts';

/** An unfinished sign-in. It is `authenticated` after the password and the second factor. */
export interface PendingSignIn {
  readonly request: AuthorizationRequest;
  readonly csrfToken: string;
  account: AccountSeed | undefined;
  authenticated: boolean;
  /** The time from which another second-factor code may be sent. */
  nextCodeAtMs: number;
}

const COOKIE = 'oauth_session';

/** Sign-ins by cookie. A cookie is replaced when a password has been accepted. */
export class PendingSignIns {
  readonly #byCookie = new Map<string, PendingSignIn>();

  /** Returns the `Set-Cookie` header. */
  begin(request: AuthorizationRequest): string {
    const csrfToken = randomBytes(12).toString('base64url');
    return this.#keep({ request, csrfToken, account: undefined, authenticated: false, nextCodeAtMs: 0 });
  }

  find(cookies: string | undefined): PendingSignIn | undefined {
    return this.#byCookie.get(value(cookies));
  }

  /** Returns the new cookie's `Set-Cookie` header. The old cookie becomes invalid. */
  renew(pending: PendingSignIn): string {
    this.end(pending);
    return this.#keep(pending);
  }

  end(pending: PendingSignIn): void {
    for (const [id, each] of this.#byCookie) if (each === pending) this.#byCookie.delete(id);
  }

  /** Without `Secure`, because a browser may not keep such a cookie over plain HTTP (RFC 6265bis, section 5.7). */
  #keep(pending: PendingSignIn): string {
    const id = randomBytes(12).toString('base64url');
    this.#byCookie.set(id, pending);
    return `${COOKIE}=${id}; Path=/oauth; HttpOnly; SameSite=Lax`;
  }
}

function value(cookies = ''): string {
  const mine = cookies.split(/; */).find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return mine?.slice(COOKIE.length + 1) ?? '';
}

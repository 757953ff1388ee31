import { randomBytes } from 'node:crypto';
import type { AccountSeed } from './accounts.ts';

/** What the app asked for when it began: it comes back with the code that it is given. */
export interface AuthorizationRequest {
  readonly oauthClient: string;
  readonly hardwareId: string;
  readonly redirectUri: string;
  readonly codeChallenge: string;
}

/** A sign-in under way. `authenticated` once nothing more is asked. */
export interface PendingSignIn {
  readonly request: AuthorizationRequest;
  readonly csrfToken: string;
  account: AccountSeed | undefined;
  authenticated: boolean;
  /** When a second-factor code may be sent again. */
  nextCodeAtMs: number;
}

const COOKIE = 'oauth_session';

/** Sign-ins by the cookie that carries them. A cookie is replaced once a password has been accepted. */
export class PendingSignIns {
  readonly #byCookie = new Map<string, PendingSignIn>();

  /** Gives the `Set-Cookie` header. */
  begin(request: AuthorizationRequest): string {
    const csrfToken = randomBytes(12).toString('base64url');
    return this.#keep({ request, csrfToken, account: undefined, authenticated: false, nextCodeAtMs: 0 });
  }

  find(cookies: string | undefined): PendingSignIn | undefined {
    return this.#byCookie.get(value(cookies));
  }

  /** Gives the new cookie's `Set-Cookie` header; the old one is worth nothing from now on. */
  renew(cookies: string | undefined, pending: PendingSignIn): string {
    this.#byCookie.delete(value(cookies));
    return this.#keep(pending);
  }

  end(cookies: string | undefined): void {
    this.#byCookie.delete(value(cookies));
  }

  #keep(pending: PendingSignIn): string {
    const id = randomBytes(12).toString('base64url');
    this.#byCookie.set(id, pending);
    return `${COOKIE}=${id}; Path=/oauth; Secure; HttpOnly`;
  }
}

function value(cookies = ''): string {
  const mine = cookies.split(/; */).find((cookie) => cookie.startsWith(`${COOKIE}=`));
  return mine?.slice(COOKIE.length + 1) ?? '';
}

import type { Answer } from '../loopback-server.ts';
import type { AccountApi } from './account-api.ts';
import type { BlinkRequest } from './blink-request.ts';
import type { SignIn } from './sign-in.ts';
import { exchange, refresh } from './token-endpoint.ts';
import type { Tokens } from './tokens.ts';

/** What a call is for: the name by which faults and tests know it. */
export type BlinkAction =
  | 'refresh'
  | 'exchange'
  | 'authorize'
  | 'sign-in-page'
  | 'sign-in'
  | 'verify'
  | 'resend'
  | 'tier-info'
  | 'homescreen'
  | 'logout'
  | 'newer-logout'
  | 'unknown';

/** Its line is matched by method, host and path; the groups of the path are the handler's parameters. */
export interface Route {
  readonly action: BlinkAction;
  readonly line: RegExp;
  readonly where?: (request: BlinkRequest) => boolean;
  readonly handle: (request: BlinkRequest, ...parameters: string[]) => Answer;
}

export function routesTo(tokens: Tokens, signIn: SignIn, api: AccountApi): readonly Route[] {
  return [
    {
      action: 'exchange',
      line: oauth('POST /oauth/token'),
      where: ({ form }) => form['grant_type'] === 'authorization_code',
      handle: (request) => exchange(tokens, signIn, request),
    },
    { action: 'refresh', line: oauth('POST /oauth/token'), handle: (request) => refresh(tokens, request) },
    {
      action: 'authorize',
      line: oauth('GET /oauth/v2/authorize'),
      handle: (request) => signIn.authorize(request),
    },
    {
      action: 'sign-in-page',
      line: oauth('GET /oauth/v2/signin'),
      handle: (request) => signIn.page(request),
    },
    {
      action: 'sign-in',
      line: oauth('POST /oauth/v2/signin'),
      handle: (request) => signIn.password(request),
    },
    {
      action: 'verify',
      line: oauth('POST /oauth/v2/2fa/verify'),
      handle: (request) => signIn.verify(request),
    },
    {
      action: 'resend',
      line: oauth('POST /oauth/v2/2fa/resend'),
      handle: (request) => signIn.resend(request),
    },
    {
      action: 'tier-info',
      line: rest('GET /api/v1/users/tier_info'),
      handle: (request) => api.tierInfo(request),
    },
    {
      action: 'homescreen',
      line: rest('GET /api/v3/accounts/:id/homescreen'),
      handle: (request, accountId: string) => api.homescreen(request, accountId),
    },
    {
      action: 'logout',
      line: rest('POST /api/v4/account/:id/client/:id/logout'),
      handle: (request, accountId: string, clientId: string) => api.logout(request, accountId, clientId),
    },
    {
      action: 'newer-logout',
      line: rest('POST /api/v4/clients/:id/logout'),
      handle: (request, clientId: string) => api.newerLogout(request, clientId),
    },
  ];
}

export function fits({ line, where }: Route, request: BlinkRequest): boolean {
  return line.test(lineOf(request)) && (where?.(request) ?? true);
}

export function answer({ line, handle }: Route, request: BlinkRequest): Answer {
  const [, ...parameters] = line.exec(lineOf(request)) ?? [];
  return handle(request, ...parameters);
}

function lineOf({ method, host, path }: BlinkRequest): string {
  return `${method} ${host} ${path}`;
}

function oauth(request: string): RegExp {
  return line(request, 'api\\.oauth\\.blink\\.com');
}

/** The hosts of all tiers: whether it is the account's own is for the handler to say. */
function rest(request: string): RegExp {
  return line(request, 'rest-[a-z0-9]{2,16}\\.immedia-semi\\.com');
}

function line(request: string, host: string): RegExp {
  return new RegExp(`^${request.replace(' ', ` ${host} `).replaceAll(':id', '(\\d+)')}$`);
}

import type { Answer } from '../loopback-server.ts';
import type { AccountApi } from './account-api.ts';
import type { BlinkRequest, Ids } from './blink-request.ts';
import type { SignIn } from './sign-in.ts';
import { exchange, refresh } from './token-endpoint.ts';
import type { Tokens } from './tokens.ts';

/** The purpose of a call: the name that faults and tests use. */
export type BlinkAction = ReturnType<typeof routesTo>[number]['action'] | 'unknown';

const OAUTH = 'https://api.oauth.blink.com/oauth';
/** Every tier has a host. */
const REST = 'https://rest-:tier.immedia-semi.com/api';
const CLIENTS = 'clients/:client/control_panel/clients';

/** The first route that matches a call takes it. */
export function routesTo(tokens: Tokens, signIn: SignIn, api: AccountApi) {
  return [
    route('authorize', `GET ${OAUTH}/v2/authorize`, (call) => signIn.authorize(call)),
    route('sign-in-page', `GET ${OAUTH}/v2/signin`, (call) => signIn.page(call)),
    route('sign-in', `POST ${OAUTH}/v2/signin`, (call) => signIn.password(call)),
    route('verify', `POST ${OAUTH}/v2/2fa/verify`, (call) => signIn.verify(call)),
    route('resend', `POST ${OAUTH}/v2/2fa/resend`, (call) => signIn.resend(call)),
    route('exchange', `POST ${OAUTH}/token`, (call) => exchange(tokens, signIn, call), isCodeGrant),
    route('refresh', `POST ${OAUTH}/token`, (call) => refresh(tokens, call)),
    route('tier-info', `GET ${REST}/v1/users/tier_info`, (call) => api.tierInfo(call)),
    route('homescreen', `GET ${REST}/v3/accounts/:account/homescreen`, (...call) => api.homescreen(...call)),
    route('networks', `GET ${REST.replace('/api', '')}/networks`, (...call) => api.networks(...call)),
    route('camera-usage', `GET ${REST}/v1/camera/usage`, (...call) => api.cameraUsage(...call)),
    route('logout', `POST ${REST}/v4/account/:account/client/:client/logout`, (...call) =>
      api.logout(...call),
    ),
    route('newer-logout', `POST ${REST}/v4/clients/:client/logout`, (...call) => api.newerLogout(...call)),
    route('clients', `GET ${REST}/v1/${CLIENTS}`, (...call) => api.clients(...call)),
    route('clients', `GET ${REST}/v1/accounts/:account/${CLIENTS}`, (...call) => api.clients(...call)),
  ] as const;
}

function route<const A extends string>(
  action: A,
  line: string,
  answer: (request: BlinkRequest, ids: Ids) => Answer,
  where: (request: BlinkRequest) => boolean = () => true,
) {
  const [method, url] = line.split(' ');
  const pattern = new URLPattern(url);
  return {
    action,
    /** How the call is answered; undefined if the call is not for this route. */
    match(request: BlinkRequest): (() => Answer) | undefined {
      if (request.method !== method || !where(request)) return undefined;
      const match = pattern.exec(`https://${request.host}${request.path}`);
      return match === null ? undefined : () => answer(request, match.pathname.groups);
    },
  };
}

function isCodeGrant({ form }: BlinkRequest): boolean {
  return form['grant_type'] === 'authorization_code';
}

import type { Answer } from '../loopback-server.ts';
import type { AccountApi } from './account-api.ts';
import type { Ids, ReceivedRequest } from './received-request.ts';
import type { SignIn } from './sign-in.ts';
import { BROWSER_HOST, callbackPage } from './sign-in-callback.ts';
import { exchange, refresh } from './token-endpoint.ts';
import type { Tokens } from './tokens.ts';

/** The purpose of a call: the name that faults and tests use. */
export type BlinkAction = ReturnType<typeof routesTo>[number]['action'] | 'unknown';

const TOKEN = 'https://api.oauth.blink.com/oauth/token';
/** Also under the address by which a browser of this machine reaches the stand-in. */
const PAGES = `https://(api\\.oauth\\.blink\\.com|${BROWSER_HOST.replaceAll('.', '\\.')})/oauth/v2`;
/** Every tier has a host. */
const REST = 'https://rest-:tier.immedia-semi.com/api';
const CLIENTS = 'clients/:client/control_panel/clients';

/** The first route that matches a call takes it. */
export function routesTo(tokens: Tokens, signIn: SignIn, api: AccountApi) {
  return [
    route('authorize', `GET ${PAGES}/authorize`, (call) => signIn.authorize(call)),
    route('sign-in-page', `GET ${PAGES}/signin`, (call) => signIn.page(call)),
    route('sign-in', `POST ${PAGES}/signin`, (call) => signIn.password(call)),
    route('verify', `POST ${PAGES}/2fa/verify`, (call) => signIn.verify(call)),
    route('resend', `POST ${PAGES}/2fa/resend`, (call) => signIn.resend(call)),
    route('callback', `GET https://${BROWSER_HOST}/signin/callback`, callbackPage),
    route('exchange', `POST ${TOKEN}`, (call) => exchange(tokens, signIn, call), isCodeGrant),
    route('refresh', `POST ${TOKEN}`, (call) => refresh(tokens, call)),
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
  answer: (request: ReceivedRequest, ids: Ids) => Answer,
  where: (request: ReceivedRequest) => boolean = () => true,
) {
  const [method, url] = line.split(' ');
  const pattern = new URLPattern(url);
  return {
    action,
    /** How the call is answered; undefined if the call is not for this route. */
    match(request: ReceivedRequest): (() => Answer) | undefined {
      if (request.method !== method || !where(request)) return undefined;
      const match = pattern.exec(`https://${request.host}${request.path}`);
      return match === null ? undefined : () => answer(request, match.pathname.groups);
    },
  };
}

function isCodeGrant({ form }: ReceivedRequest): boolean {
  return form['grant_type'] === 'authorization_code';
}

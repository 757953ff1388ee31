import type { Answer } from '../loopback-server.ts';
import { type PathParameters, route } from '../route.ts';
import type { AccountApi } from './account-api.ts';
import type { ReceivedRequest } from './received-request.ts';
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
    on('authorize', `GET ${PAGES}/authorize`, (call) => signIn.authorize(call)),
    on('sign-in-page', `GET ${PAGES}/signin`, (call) => signIn.page(call)),
    on('sign-in', `POST ${PAGES}/signin`, (call) => signIn.password(call)),
    on('verify', `POST ${PAGES}/2fa/verify`, (call) => signIn.verify(call)),
    on('resend', `POST ${PAGES}/2fa/resend`, (call) => signIn.resend(call)),
    on('callback', `GET https://${BROWSER_HOST}/signin/callback`, callbackPage),
    on('exchange', `POST ${TOKEN}`, (call) => exchange(tokens, signIn, call), isCodeGrant),
    on('refresh', `POST ${TOKEN}`, (call) => refresh(tokens, call)),
    on('tier-info', `GET ${REST}/v1/users/tier_info`, (call) => api.tierInfo(call)),
    on('homescreen', `GET ${REST}/v3/accounts/:account/homescreen`, (...call) => api.homescreen(...call)),
    on('networks', `GET ${REST.replace('/api', '')}/networks`, (...call) => api.networks(...call)),
    on('camera-usage', `GET ${REST}/v1/camera/usage`, (...call) => api.cameraUsage(...call)),
    on('logout', `POST ${REST}/v4/account/:account/client/:client/logout`, (...call) => api.logout(...call)),
    on('newer-logout', `POST ${REST}/v4/clients/:client/logout`, (...call) => api.newerLogout(...call)),
    on('clients', `GET ${REST}/v1/${CLIENTS}`, (...call) => api.clients(...call)),
    on('clients', `GET ${REST}/v1/accounts/:account/${CLIENTS}`, (...call) => api.clients(...call)),
  ] as const;
}

function on<const A extends string>(
  action: A,
  line: string,
  answer: (request: ReceivedRequest, ids: PathParameters) => Answer,
  where: (request: ReceivedRequest) => boolean = () => true,
) {
  const match = route(line);
  return {
    action,
    /** How the call is answered; undefined if the call is not for this route. */
    match(request: ReceivedRequest): (() => Answer) | undefined {
      const ids = where(request)
        ? match(request.method, `https://${request.host}${request.path}`)
        : undefined;
      return ids && (() => answer(request, ids));
    },
  };
}

function isCodeGrant({ form }: ReceivedRequest): boolean {
  return form['grant_type'] === 'authorization_code';
}

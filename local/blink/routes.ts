import type { Answer } from '../loopback-server.ts';
import { type PathParameters, route } from '../route.ts';
import { clients, homescreen, logout, tierInfo } from './account-api.ts';
import type { BlinkState } from './blink-state.ts';
import type { ReceivedRequest } from './received-request.ts';
import { authorize, BROWSER_HOST, signInPage, submitPassword, verifyCode } from './sign-in.ts';
import { callbackPage } from './sign-in-pages.ts';
import { exchange, refresh } from './token-endpoint.ts';

/** The purpose of a call: the name that faults and tests use. */
export type BlinkAction = (typeof ROUTES)[number]['action'] | 'unknown';

const TOKEN = 'https://api.oauth.blink.com/oauth/token';
/** Also under the address by which a browser of this machine reaches the stand-in. */
const PAGES = `https://(api\\.oauth\\.blink\\.com|${BROWSER_HOST.replaceAll('.', '\\.')})/oauth/v2`;
/** Every tier has a host. */
const REST = 'https://rest-:tier.immedia-semi.com/api';
const CLIENTS = 'clients/:client/control_panel/clients';

/** The first route that matches a call takes it. */
export const ROUTES = [
  on('authorize', `GET ${PAGES}/authorize`, authorize),
  on('sign-in-page', `GET ${PAGES}/signin`, signInPage),
  on('sign-in', `POST ${PAGES}/signin`, submitPassword),
  on('verify', `POST ${PAGES}/2fa/verify`, verifyCode),
  on('callback', `GET https://${BROWSER_HOST}/signin/callback`, callbackPage),
  on('exchange', `POST ${TOKEN}`, exchange, ({ form }) => form['grant_type'] === 'authorization_code'),
  on('refresh', `POST ${TOKEN}`, refresh),
  on('tier-info', `GET ${REST}/v1/users/tier_info`, tierInfo),
  on('homescreen', `GET ${REST}/v3/accounts/:account/homescreen`, homescreen),
  on('logout', `POST ${REST}/v4/account/:account/client/:client/logout`, logout),
  on('newer-logout', `POST ${REST}/v4/clients/:client/logout`, logout),
  on('clients', `GET ${REST}/v1/${CLIENTS}`, clients),
  on('clients', `GET ${REST}/v1/accounts/:account/${CLIENTS}`, clients),
] as const;

function on<const A extends string>(
  action: A,
  line: string,
  answer: (state: BlinkState, request: ReceivedRequest, ids: PathParameters) => Answer,
  where: (request: ReceivedRequest) => boolean = () => true,
) {
  const match = route(line);
  return {
    action,
    answer,
    /** The variables of the path; undefined if the call is not for this route. */
    idsOf(request: ReceivedRequest): PathParameters | undefined {
      return where(request) ? match(request.method, `https://${request.host}${request.path}`) : undefined;
    },
  };
}

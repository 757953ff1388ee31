import type { Blink } from '../../../lambda/core/blink/blink.ts';
import { blinkOverHttps } from '../../../lambda/core/blink/blink-over-https.ts';
import {
  type BlinkRequest,
  type ExchangeEnd,
  ExchangeError,
  type HttpResponse,
} from '../../../lambda/core/blink/http-exchange.ts';
import { type Channel, LostCall } from './channel.ts';
import type { Sandbox } from './sandbox.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The tokens of one sign-in. Each is issued for the one before. */
export interface Family {
  readonly clientId: string;
  newest: string;
  loggedOut: boolean;
  /** Its tokens are refused, whatever the reason. */
  revoked: boolean;
}

/**
 * What a token server does with a refresh token that it has replaced. RFC 9700 section 4.14.2: "the refresh token becomes
 * invalid", and the server may revoke "the active refresh token as well"; servers with a leeway accept it again for a while.
 * What Blink does is not known.
 */
export type ReusePolicy = 'refuse' | 'revoke_family' | 'accept_for_a_while';

const ACCEPTED_AGAIN_MS = 60_000;

export interface Spend {
  readonly run: string;
  readonly sentAtMs: number;
  readonly atMs: number;
  readonly token: string;
  /** The token that was issued for it. `undefined` if it was refused. */
  readonly issued: string | undefined;
}

export interface Logout {
  readonly run: string;
  readonly accessToken: string;
  readonly currentTexts: readonly string[];
}

/** Blink's tokens: a refresh token is replaced at each refresh. */
export class BlinkModel {
  readonly spends: Spend[] = [];
  readonly logouts: Logout[] = [];
  /** The runs whose refresh was rejected without being processed. */
  readonly rejections: string[] = [];
  /** The texts that were current in the secret before a logout. */
  currentTexts: () => readonly string[] = () => [];
  readonly families: Family[] = [];
  reusePolicy: ReusePolicy = 'refuse';
  /** Whether a logout ends the refresh token is not known. */
  logoutEndsTokens = true;
  /** Another status than 200 answers every refresh, or every logout, which is then not processed. */
  refreshStatus = 200;
  logoutStatus = 200;
  /** The header of an answer that is no success. */
  retryAfter: string | undefined;
  /** The refresh token in the answer, if it is not the one that was issued. */
  refreshTokenInAnswer: unknown;
  /** Clients of the account that are not ours. */
  readonly otherClients = new Set<string>();
  listsClients = false;
  /** The client that the home screen names, if it is not the one in the secret. */
  homeScreenClient: string | undefined;
  /** In the app, by its owner. */
  ownIsRemoved = false;
  readonly #time: VirtualTime;
  readonly #familyOf = new Map<string, Family>();

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  signIn(): Family {
    const clientId = String(1_000_001 + this.families.length);
    const family: Family = { clientId, newest: '', loggedOut: false, revoked: false };
    this.families.push(family);
    this.#issue(family);
    return family;
  }

  familyOf(token: string | undefined): Family {
    const family = token === undefined ? undefined : this.#familyOf.get(token);
    if (family === undefined) throw new Error('Blink never issued that token');
    return family;
  }

  refresh(run: string, token: string, sentAtMs: number = this.#time.nowMs): HttpResponse {
    if (this.refreshStatus !== 200) {
      this.rejections.push(run);
      return this.#rejection(this.refreshStatus);
    }
    const family = this.familyOf(token);
    const replaced = this.spends.find((spend) => spend.token === token && spend.issued !== undefined);
    if (replaced !== undefined && this.reusePolicy === 'revoke_family') {
      family.revoked = true;
    }
    const isAccepted =
      replaced === undefined ||
      (this.reusePolicy === 'accept_for_a_while' && this.#time.nowMs - replaced.atMs < ACCEPTED_AGAIN_MS);
    const ended = family.revoked || (family.loggedOut && this.logoutEndsTokens);
    const issued = isAccepted && !ended ? this.#issue(family) : undefined;
    this.spends.push({ run, sentAtMs, atMs: this.#time.nowMs, token, issued });
    return issued === undefined
      ? answer(400, { error: 'invalid_grant' })
      : answer(200, {
          access_token: `access-${issued}`,
          refresh_token: this.refreshTokenInAnswer ?? issued,
          expires_in: 14_400,
        });
  }

  logOut(run: string, accessToken: string, clientId: string): HttpResponse {
    const family = this.familyOf(accessToken.replace(/^access-/, ''));
    if (this.logoutStatus !== 200) return this.#rejection(this.logoutStatus);
    const isOther = this.otherClients.delete(clientId);
    if ((family.clientId !== clientId || this.ownIsRemoved) && !isOther)
      return answer(404, { message: 'Client not found', code: 2700 });
    if (!isOther) family.loggedOut = true;
    this.logouts.push({ run, accessToken, currentTexts: [...this.currentTexts()] });
    return answer(200, { message: 'logout' });
  }

  /** Whether Blink wants a PIN before it shows the list is unknown. */
  clientList(accessToken: string): HttpResponse {
    if (!this.listsClients) return answer(403, { message: 'PIN required' });
    const { clientId } = this.familyOf(accessToken.replace(/^access-/, ''));
    const ids = [...(this.ownIsRemoved ? [] : [clientId]), ...this.otherClients];
    return answer(200, { clients: ids.map((id) => ({ id: Number(id) })) });
  }

  /** The client that an access token belongs to: a header of the home screen. */
  homeScreen(accessToken: string): HttpResponse {
    const { clientId } = this.familyOf(accessToken.replace(/^access-/, ''));
    return { status: 200, headers: { 'client-id': this.homeScreenClient ?? clientId }, text: '{}' };
  }

  #rejection(status: number): HttpResponse {
    const headers = this.retryAfter === undefined ? {} : { 'retry-after': this.retryAfter };
    return { ...answer(status, {}), headers };
  }

  #issue(family: Family): string {
    family.newest = `token-${family.clientId}-${this.#familyOf.size}`;
    this.#familyOf.set(family.newest, family);
    return family.newest;
  }
}

/** A secret's text for a family's newest token. */
export function storedText({ newest, clientId }: Family): string {
  return JSON.stringify({
    refresh_token: newest,
    host: 'e008.immedia-semi.com',
    client_id: clientId,
    account_id: 7,
  });
}

/** The real adapter over the model, at the end of a run's channel. */
export function blinkOver(
  blink: BlinkModel,
  { timing }: Sandbox,
  channel: Channel,
  run: string,
  nowMs: () => number,
): Blink {
  const exchange = async (request: BlinkRequest): Promise<ExchangeEnd> => {
    const sentAtMs = nowMs();
    try {
      return await channel.call(actionOf(request), request.timeoutMs, () =>
        process(blink, run, request, sentAtMs),
      );
    } catch (error) {
      if (!(error instanceof LostCall)) throw error;
      const { mishap } = error;
      return new ExchangeError(
        mishap === 'unsent' ? 'not_sent' : 'unanswered',
        mishap === 'timed_out' ? 'ETIMEDOUT' : 'ECONNRESET',
      );
    }
  };
  return blinkOverHttps({ userAgent: 'Blink', exchange, timing });
}

function actionOf({ url }: BlinkRequest): string {
  if (url.pathname === '/oauth/token') return 'refresh';
  if (url.pathname.endsWith('/control_panel/clients')) return 'list clients';
  return url.pathname.endsWith('/homescreen') ? 'look up' : 'logout';
}

function process(blink: BlinkModel, run: string, request: BlinkRequest, sentAtMs: number): HttpResponse {
  const accessToken = String(request.headers['Authorization']).replace(/^Bearer /, '');
  switch (actionOf(request)) {
    case 'refresh':
      return blink.refresh(run, new URLSearchParams(request.body).get('refresh_token') ?? '', sentAtMs);
    case 'look up':
      return blink.homeScreen(accessToken);
    case 'list clients':
      return blink.clientList(accessToken);
    default: {
      const [, clientId = ''] = /\/clients?\/(\d+)\/logout$/.exec(request.url.pathname) ?? [];
      return blink.logOut(run, accessToken, clientId);
    }
  }
}

export function answer(status: number, body: object): HttpResponse {
  return { status, headers: {}, text: JSON.stringify(body) };
}

import type { Blink } from '../../../lambda/blink/blink.ts';
import { blinkOverHttps } from '../../../lambda/blink/blink-over-https.ts';
import { ExchangeError, type HttpRequest, type HttpResponse } from '../../../lambda/blink/http-exchange.ts';
import { type Channel, LostCall } from './channel.ts';
import type { Sandbox } from './sandbox.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What one sign-in leads to: tokens, each of which is got for the one before. */
export interface Family {
  readonly clientId: string;
  newest: string;
  loggedOut: boolean;
  revoked: boolean;
}

export interface Spend {
  readonly run: string;
  readonly atMs: number;
  readonly token: string;
  /** What was issued for it; nothing where it was refused. */
  readonly issued: string | undefined;
}

export interface Logout {
  readonly run: string;
  readonly accessToken: string;
  readonly currentTexts: readonly string[];
}

/** Blink's tokens: a refresh token is good for one refresh; reuse takes the whole family with it where that is drawn. */
export class BlinkModel {
  readonly spends: Spend[] = [];
  readonly logouts: Logout[] = [];
  /** What the secret has held as current by the time of a logout. */
  currentTexts: () => readonly string[] = () => [];
  readonly families: Family[] = [];
  revokesFamilyOnReuse = false;
  /** What a logout does to the refresh token is not known. */
  logoutEndsTokens = true;
  /** Whether a refresh brings an access token. */
  grantsAccess = true;
  /** What every logout is answered with. */
  logoutStatus = 200;
  /** Clients of the account that are not ours. */
  readonly otherClients = new Set<string>();
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

  refresh(run: string, token: string): HttpResponse {
    const family = this.familyOf(token);
    const spent = this.spends.some((spend) => spend.token === token && spend.issued !== undefined);
    if (spent && this.revokesFamilyOnReuse) family.revoked = true;
    const ended = family.revoked || (family.loggedOut && this.logoutEndsTokens);
    const issued = spent || ended ? undefined : this.#issue(family);
    this.spends.push({ run, atMs: this.#time.nowMs, token, issued });
    return issued === undefined
      ? answer(400, { error: 'invalid_grant' })
      : answer(200, {
          ...(this.grantsAccess && { access_token: `access-${issued}` }),
          refresh_token: issued,
          expires_in: 14_400,
        });
  }

  logOut(run: string, accessToken: string, clientId: string): HttpResponse {
    const family = this.familyOf(accessToken.replace(/^access-/, ''));
    if (this.logoutStatus !== 200) return answer(this.logoutStatus, {});
    const isOther = this.otherClients.delete(clientId);
    if (family.clientId !== clientId && !isOther)
      return answer(404, { message: 'Client not found', code: 2700 });
    if (!isOther) family.loggedOut = true;
    this.logouts.push({ run, accessToken, currentTexts: this.currentTexts() });
    return answer(200, { message: 'logout' });
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
export function blinkOver(blink: BlinkModel, { timing }: Sandbox, channel: Channel, run: string): Blink {
  const exchange = async (request: HttpRequest): Promise<HttpResponse> => {
    const settled = new AbortController();
    const late = timing.wait(request.timeoutMs, settled.signal).then((): never => {
      throw new ExchangeError('unanswered', true, 'unknown');
    });
    try {
      return await Promise.race([channel.call(actionOf(request), () => process(blink, run, request)), late]);
    } catch (error) {
      if (!(error instanceof LostCall)) throw error;
      throw new ExchangeError(error.mishap === 'unsent' ? 'not_sent' : 'unanswered', false, 'ECONNRESET');
    } finally {
      settled.abort();
    }
  };
  return blinkOverHttps({ userAgent: 'Blink', exchange, timing });
}

function actionOf({ url }: HttpRequest): string {
  return url.pathname === '/oauth/token' ? 'refresh' : 'logout';
}

function process(blink: BlinkModel, run: string, request: HttpRequest): HttpResponse {
  if (actionOf(request) === 'refresh') {
    return blink.refresh(run, new URLSearchParams(request.body).get('refresh_token') ?? '');
  }
  const [, clientId = ''] = /\/client\/(\d+)\/logout$/.exec(request.url.pathname) ?? [];
  const accessToken = String(request.headers['Authorization']).replace(/^Bearer /, '');
  return blink.logOut(run, accessToken, clientId);
}

export function answer(status: number, body: object): HttpResponse {
  return { status, headers: {}, text: JSON.stringify(body) };
}

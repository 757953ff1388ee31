import { CookieJar } from 'tough-cookie';
import { blinkFailure } from '../../../lambda/core/blink/blink-failure.ts';
import type { BlinkRequest, HttpExchange, HttpResponse } from '../../../lambda/core/blink/http-exchange.ts';
import { Failure } from '../../../lambda/core/failure.ts';

/** The app signs in within a browser, and the pages reject other clients (seen in several of them). */
const PAGE_HEADERS = {
  Accept: '*/*',
  'User-Agent':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1',
};
const TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 5;

/** Visits the sign-in pages: keeps their cookies and sends requests to Blink only. Nothing is sent twice. */
export class Browser {
  readonly #exchange: HttpExchange;
  readonly #jar = new CookieJar();

  constructor(exchange: HttpExchange) {
    this.#exchange = exchange;
  }

  get(url: URL): Promise<HttpResponse> {
    return this.send({ method: 'GET', url, headers: PAGE_HEADERS, timeoutMs: TIMEOUT_MS });
  }

  /** Follows redirects to the last page. */
  async follow(start: URL): Promise<HttpResponse> {
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.get(url);
      const { location } = response.headers;
      if (!isRedirect(response) || location === undefined) return response;
      url = blinkUrl(location, url, response.status);
    }
    throw new Failure('blink_rejected', 'Blink’s sign-in page redirects endlessly');
  }

  /** Posts a form as the page's script does. */
  submit(url: URL, form: Readonly<Record<string, string>>): Promise<HttpResponse> {
    return this.send({
      method: 'POST',
      url,
      headers: {
        ...PAGE_HEADERS,
        'Content-Type': 'application/x-www-form-urlencoded',
        Origin: url.origin,
        Referer: `${url.origin}/oauth/v2/signin`,
      },
      body: new URLSearchParams(form).toString(),
      timeoutMs: TIMEOUT_MS,
    });
  }

  /** Any request, with the cookies that belong to it. */
  async send(request: BlinkRequest): Promise<HttpResponse> {
    const { href } = request.url;
    const cookies = await this.#jar.getCookieString(href);
    const headers = { ...request.headers, ...(cookies !== '' && { Cookie: cookies }) };
    const end = await this.#exchange({ ...request, headers });
    if (end.status === undefined) throw blinkFailure('sign-in', end);
    for (const cookie of end.headers['set-cookie'] ?? []) {
      await this.#jar.setCookie(cookie, href, { ignoreError: true });
    }
    return end;
  }
}

export function isRedirect({ status }: HttpResponse): boolean {
  return status >= 300 && status < 400;
}

/** Cookies and the form are sent to Blink only. */
function blinkUrl(location: string, from: URL, blinkStatus: number): URL {
  const url = URL.parse(location, from.href);
  if (url?.protocol === 'https:' && url.port === '' && /(^|\.)blink\.com$/.test(url.hostname)) return url;
  throw new Failure('blink_rejected', 'Blink’s sign-in page redirects to a host that is not Blink’s', {
    blinkStatus,
  });
}

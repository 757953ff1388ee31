import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ExchangeError,
  type HttpExchange,
  type HttpResponse,
} from '../../../lambda/core/blink/http-exchange.ts';
import { FAILURES } from '../../../lambda/core/failure-codes.ts';
import { ownerKey } from '../../../lambda/core/webhook-keys.ts';
import { runOnce, storeOf } from './run-under-test.ts';

/** `npm run proof` draws more, which takes minutes on a busy machine. */
const PATIENT = { timeout: 10 * 60_000 };
const numRuns = process.env['PROOF'] === 'long' ? 5_000 : 60;

const CANARY = 'cAnArY';
const KEY = `${CANARY}0${'k'.repeat(40)}`;
const key = ownerKey(KEY, undefined);
const CODES = new Set(Object.keys(FAILURES));

const goodText = JSON.stringify({
  refresh_token: `${CANARY}3`,
  host: 'e008.immedia-semi.com',
  password: `${CANARY}4`,
});
const granted: HttpExchange = async ({ url }) => ({
  status: 200,
  headers: { 'client-id': '42' },
  text: url.pathname.endsWith('/token')
    ? JSON.stringify({ access_token: `${CANARY}1`, refresh_token: `${CANARY}2` })
    : '{"message":"logout","tier":"e008","account_id":7}',
});

/** Fails if anything but a code is thrown, or a canary can be seen. */
async function observe(event: unknown, { text = goodText, exchange = granted } = {}) {
  const { result, threw, line } = await runOnce(event, { store: storeOf(text), exchange, key });
  if (threw !== undefined) expect(CODES).toContain(threw.name);
  const error = threw && `${threw.name} ${threw.message} ${JSON.stringify(threw)} ${String(threw.cause)}`;
  expect(`${error} ${JSON.stringify(result)} ${line}`).not.toContain(CANARY);
  return { line, code: threw?.name };
}

const httpEvent = fc.record(
  {
    version: fc.oneof({ weight: 9, arbitrary: fc.constant('2.0') }, { weight: 1, arbitrary: fc.anything() }),
    routeKey: fc.constantFrom('POST /logout', 'POST /logout/{session}', '$default'),
    pathParameters: fc.oneof(
      fc.constant(undefined),
      fc.record({ session: fc.oneof(fc.constantFrom('default', 'x'), fc.string()) }),
    ),
    rawPath: fc.oneof(fc.constantFrom('/logout', '/logout/default', '/'), fc.webPath(), fc.string()),
    headers: fc.dictionary(
      fc.constantFrom(
        'authorization',
        'Authorization',
        'webhook-id',
        'webhook-timestamp',
        'webhook-signature',
        'x',
      ),
      fc.oneof(fc.constant(`Bearer ${KEY}`), fc.string(), fc.constant(`v1,${CANARY}`), fc.nat().map(String)),
    ),
    body: fc.oneof(fc.json(), fc.string(), fc.constant('{"action":"check"}'), fc.constant(undefined)),
    isBase64Encoded: fc.boolean(),
    requestContext: fc.record({ http: fc.record({ method: fc.constantFrom('POST', 'GET', '') }) }),
  },
  { requiredKeys: [] },
);

const anyEvent = fc.oneof(
  httpEvent,
  fc.anything(),
  fc.json().map((text): unknown => JSON.parse(text)),
  fc.record({ session: fc.anything(), action: fc.anything(), clientId: fc.anything() }, { requiredKeys: [] }),
);

const secretValue = fc.oneof(
  fc.string().map((text) => `${CANARY}${text}`),
  fc.constantFrom(
    '',
    `${CANARY}%zz`,
    `https://${CANARY}.example.com`,
    `e008.immedia-semi.com@${CANARY}.example`,
  ),
  fc.constantFrom<unknown>(null, 7, true, [], {}, 'e008.immedia-semi.com', '1234567'),
);
const fieldName = fc.constantFrom(
  ...[
    'refresh_token',
    'host',
    'region_id',
    'client_id',
    'account_id',
    'hardware_id',
    'oauth_client_id',
    'password',
  ],
  ...['refreshToken', 'accountId', 'clientId', 'region', 'tier', 'hardwareId', 'oauthClientId', 'email'],
);
const fields = fc.dictionary(fieldName, secretValue);

const anyText = fc.oneof(
  fc.string().map((drawn) => `${CANARY}${drawn}`),
  fields.map((drawn) => JSON.stringify(drawn)),
  fields.map((drawn) => JSON.stringify({ refresh_token: `${CANARY}9`, ...drawn })),
  fields.map((drawn) => JSON.stringify(drawn).slice(1)),
  fields.map((drawn) => {
    const pairs = Object.entries({ refresh_token: `${CANARY}9`, ...drawn });
    return `BLINK_TOKENS='${pairs.map(([name, value]) => `${name}=${String(value)}`).join('|')}'`;
  }),
);

const answer: fc.Arbitrary<HttpResponse | ExchangeError> = fc.oneof(
  fc.record({
    status: fc.oneof(
      fc.constantFrom(200, 201, 204, 302, 400, 401, 404, 406, 412, 426, 429, 500, 503),
      fc.integer({ min: 100, max: 599 }),
    ),
    headers: fc.dictionary(
      fc.constantFrom('client-id', 'user-id', 'retry-after', 'location'),
      fc.oneof(fc.string(), fc.constant(CANARY)),
    ),
    text: fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom('', `<html>${CANARY}</html>`, `{"message":"${CANARY}`, '{"error":"invalid_grant"}'),
      fc
        .record({
          error: fc.constantFrom('invalid_grant', 'invalid_client', CANARY),
          error_description: fc.constant(CANARY),
        })
        .map((body) => JSON.stringify(body)),
      fc
        .record(
          { access_token: fc.constant(`${CANARY}a`), refresh_token: fc.anything(), token: fc.anything() },
          { requiredKeys: [] },
        )
        .map((body) => JSON.stringify(body)),
      fc
        .record({
          tier: fc.oneof(fc.constant('e008'), fc.anything()),
          account_id: fc.oneof(fc.nat(), fc.anything()),
        })
        .map((body) => JSON.stringify(body)),
      fc
        .record({ code: fc.oneof(fc.nat(), fc.constant(CANARY)), message: fc.anything() })
        .map((body) => JSON.stringify(body)),
    ),
  }),
  fc
    .record({
      progress: fc.constantFrom('not_sent', 'unanswered', 'cut_off'),
      code: fc.constantFrom('ECONNRESET', 'ETIMEDOUT'),
    })
    .map(({ progress, code }) => new ExchangeError(progress, code)),
);

/** `undefined`: what was asked for. */
const anyAnswers = fc.array(fc.option(answer, { nil: undefined, freq: 4 }), { minLength: 1, maxLength: 8 });
const asAskedFor = fc.tuple(fc.constant(undefined));
const logoutOrCheck = fc.constantFrom({}, { action: 'check' });

test.each<[string, fc.Arbitrary<unknown>, fc.Arbitrary<string>, typeof anyAnswers]>([
  ['event', anyEvent, fc.constant(goodText), asAskedFor],
  ['secret’s text', logoutOrCheck, anyText, asAskedFor],
  ['answers of Blink', fc.constant({}), fc.constant(goodText), anyAnswers],
])(
  'any %s, and a run ends in a reply or a code, and no canary is seen',
  PATIENT,
  async (_, events, texts, answers) => {
    await fc.assert(
      fc.asyncProperty(events, texts, answers, async (event, text, script) => {
        let calls = 0;
        const exchange: HttpExchange = async (request) => script[calls++ % script.length] ?? granted(request);
        expect((await observe(event, { text, exchange })).line).not.toContain('internal_error');
      }),
      { numRuns, seed: 1 },
    );
  },
);

test('an unexpected error is reported by its name, without its message', async () => {
  const exchange: HttpExchange = async () => {
    throw new TypeError(`${CANARY}: cannot read`);
  };
  const { code, line } = await observe({}, { exchange });
  expect(code).toBe('internal_error');
  expect(line).toContain('run.property.test.ts');
});

import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { ExchangeError, type HttpExchange } from '../../lambda/core/blink/http-exchange.ts';
import { type Condition, MAX_WRITES_A_DAY } from '../../lambda/core/condition.ts';
import { Failure } from '../../lambda/core/failure.ts';
import { FAILURES, type FailureCode } from '../../lambda/core/failure-codes.ts';
import type { LogoutOutcome } from '../../lambda/core/outcome.ts';
import { idAfter, JOURNAL, journalText, NO_JOURNAL } from '../../lambda/core/vault/journal.ts';
import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { LOGOUT_PATHS } from '../../lambda/core/webhook-routes.ts';
import { parseCommand } from '../../lambda/logout/command.ts';
import { type HttpReply, httpProblem } from '../../lambda/logout/reply.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { granted, runOnce, storeOf, WEBHOOK } from '../lambda/logout/run-under-test.ts';

const schema = v.record(v.string(), v.unknown());
const responseSchema = v.object({
  headers: v.optional(v.record(v.string(), v.object({ schema })), {}),
  content: v.record(v.string(), v.object({ schema })),
});
const documentSchema = v.object({
  info: v.object({ version: v.string() }),
  paths: v.record(
    v.string(),
    v.object({
      post: v.object({
        requestBody: v.object({ content: v.object({ 'application/json': v.object({ schema }) }) }),
        responses: v.record(v.string(), responseSchema),
      }),
    }),
  ),
});

const validator = new Validator();
const validity = await validator.validate(new URL('../../docs/openapi.yaml', import.meta.url).pathname);
expect(validity).toEqual({ valid: true });
const { info, paths } = v.parse(documentSchema, validator.resolveRefs());
const described = paths['/logout']?.post;

const ajv = new Ajv2020({ strict: false });
ajv.addFormat('date-time', (text: string) => new Date(text).toISOString() === text);

function expectValid(against: Record<string, unknown>, value: unknown): void {
  const valid = ajv.validate(against, value);
  expect(valid, `${ajv.errorsText()} in ${JSON.stringify(value)}`).toBe(true);
}

/** Holds a reply against what the document says of it: status, headers, content type and body. */
function expectDescribed({ statusCode, headers, body }: HttpReply): void {
  const status = String(statusCode);
  const response = described?.responses[status] ?? described?.responses[`${status[0]}XX`];
  if (response === undefined) throw new Error(`${statusCode} is not described`);
  for (const [name, header] of Object.entries(response.headers)) {
    const value = headers[name.toLowerCase()];
    if (value !== undefined) expectValid(header.schema, value);
    else expect(name, 'a header that every such reply has').toBe('Retry-After');
  }
  const content = response.content[headers['content-type'] ?? ''];
  if (content === undefined) throw new Error(`${headers['content-type']} is not described`);
  expectValid(content.schema, JSON.parse(body));
}

test('the document has the version of the package and the routes that are deployed, and no others', () => {
  expect(info.version).toBe(packageJson.version);
  expect(Object.keys(paths)).toEqual(LOGOUT_PATHS);
});

test.each<[object, boolean]>([
  [{}, true],
  [{ session: 'garage', action: 'check', clientId: '1234567' }, true],
  [{ clientId: 999_999_999_999_999 }, true],
  [{ clientId: 1_000_000_000_000_000 }, false],
  [{ clientId: 0 }, false],
  [{ clientId: '0' }, false],
  [{ clientId: '0123' }, false],
  [{ clientId: '1'.repeat(16) }, false],
  [{ session: 'Garage' }, false],
  [{ action: 'log out' }, false],
  [{ key1: 'value1' }, false],
])('a body is taken where it is as it is described, and else refused: %j, %j', (body, taken) => {
  const { schema } = described?.requestBody.content['application/json'] ?? {};
  expect(schema && ajv.validate(schema, body)).toBe(taken);
  const parse = () => parseCommand(body);
  if (taken) parse();
  else expect(parse).toThrow(Failure);
});

const DETAILS = {
  retryable: true,
  retryAfterSeconds: 600,
  reason: 'refused_by_blink',
  blinkStatus: 400,
  blinkCode: 101,
  awsError: 'AccessDeniedException',
  keysFault: 'a key has white space after it',
} as const;

test.each(Object.keys(FAILURES) as FailureCode[])('the problem %s is as it is described', (code) => {
  for (const details of [{}, DETAILS])
    expectDescribed(httpProblem(new Failure(code, 'as the function says it', details), 'r-1'));
});

const httpReplySchema = v.object({
  statusCode: v.number(),
  headers: v.record(v.string(), v.string()),
  body: v.string(),
});

const answering =
  (status: number): HttpExchange =>
  async () => ({ status, headers: {}, text: '' });
const REFUSED = answering(401);
const REJECTED = answering(406);
const TIMED_OUT: HttpExchange = async () => new ExchangeError('unanswered', 'ETIMEDOUT');

/**
 * An earlier run, by what Blink answers it; six minutes, after which claims and the time of repetitions are over; or a day's
 * writes.
 */
type Before = HttpExchange | 'later' | 'writes';

async function putJournal(store: SecretStore): Promise<void> {
  const { nowMs } = await store.readCurrent('default');
  const writes = Array.from({ length: MAX_WRITES_A_DAY }, () => new Date(nowMs).toISOString());
  const text = journalText({ ...NO_JOURNAL.journal, writes });
  await store.putVersion('default', { versionId: idAfter(NO_JOURNAL.versionId), text, labels: [JOURNAL] });
}

async function replyAfter(
  before: readonly Before[],
  body: object,
  exchange: HttpExchange,
): Promise<HttpReply> {
  const inner = storeOf();
  let laterMs = 0;
  const store: SecretStore = {
    ...inner,
    readCurrent: async (session) => {
      const current = await inner.readCurrent(session);
      return { ...current, nowMs: current.nowMs + laterMs };
    },
  };
  for (const each of before) {
    if (each === 'later') laterMs += 6 * 60_000;
    else if (each === 'writes') await putJournal(inner);
    else await runOnce(WEBHOOK, { store, exchange: each });
  }
  const { result } = await runOnce({ ...WEBHOOK, body: JSON.stringify(body) }, { store, exchange });
  return v.parse(httpReplySchema, result);
}

const OUTCOMES: Readonly<Record<LogoutOutcome['outcome'], readonly [HttpExchange, ...Before[]]>> = {
  logged_out: [granted],
  already_logged_out: [granted, granted],
  nothing_to_log_out: [REFUSED, granted, 'later'],
};

test.each(Object.entries(OUTCOMES))(
  'the reply %s is as it is described',
  async (outcome, [last, ...before]) => {
    const reply = await replyAfter(before, {}, last);
    expect(JSON.parse(reply.body)).toMatchObject({ outcome });
    expectDescribed(reply);
  },
);

const CONDITIONS: Readonly<Record<Condition['condition'], readonly Before[]>> = {
  ready: [],
  logged_out: [granted],
  signed_out: [granted, 'later', REFUSED],
  busy: [TIMED_OUT],
  cooling_down: [REJECTED],
  in_doubt: [TIMED_OUT, 'later'],
  needs_sign_in: [REFUSED],
  secret_full: ['writes'],
};

test.each(Object.entries(CONDITIONS))(
  'a check that finds %s is as it is described, and calls nobody',
  async (condition, before) => {
    const reply = await replyAfter(before, { action: 'check' }, () =>
      Promise.reject(new Error('Blink is called')),
    );
    expect(JSON.parse(reply.body)).toMatchObject({ condition });
    expectDescribed(reply);
  },
);

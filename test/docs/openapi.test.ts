import { randomUUID } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Condition } from '../../lambda/core/condition.ts';
import { Failure } from '../../lambda/core/failure.ts';
import { FAILURES } from '../../lambda/core/failure-codes.ts';
import { LOGOUT_OUTCOMES } from '../../lambda/core/outcome.ts';
import { parseCommand } from '../../lambda/logout/command.ts';
import { httpProblem } from '../../lambda/logout/reply.ts';
import type { AccountSeed } from '../../local/blink/accounts.ts';
import { json } from '../../local/blink/answers.ts';
import { type LocalSession, signIn } from '../../local/local-session.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import type { Answer } from '../../local/loopback-server.ts';
import { refuse } from '../../local/secrets-manager/start-secrets-manager.ts';
import packageJson from '../../package.json' with { type: 'json' };

const DOCUMENT = new URL('../../docs/openapi.yaml', import.meta.url).pathname;

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

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

let described: v.InferOutput<typeof documentSchema>;
let stack: LocalStack;
const ajv = new Ajv2020({ strict: false });
ajv.addFormat('date-time', (text: string) => new Date(text).toISOString() === text);

beforeAll(async () => {
  const validator = new Validator();
  expect(await validator.validate(DOCUMENT)).toEqual({ valid: true });
  described = v.parse(documentSchema, validator.resolveRefs());
  stack = await startLocalStack({
    assembly: inject('assembly'),
    accounts: Array.from({ length: 40 }, (_, index) => account(index)),
  });
});

afterAll(() => stack?.close());

function account(index: number): AccountSeed {
  return {
    email: `a${index}@example.com`,
    password: 'p',
    tier: 'e008',
    accountId: 1000 + index,
    userId: 2000 + index,
    clients: [{ id: 3000 + index }],
  };
}

/** A session of its own for each test, so that none sees another's traces. */
let sessions = 0;
function freshSession(): LocalSession {
  const index = sessions++;
  const session = {
    name: `s${index}`,
    form: 'blinkpy',
    accountId: 1000 + index,
    clientId: 3000 + index,
  } as const;
  signIn(stack, session);
  return session;
}

async function post(path: string, init: RequestInit = {}): Promise<Received> {
  const headers = { authorization: stack.authorization, ...init.headers };
  const response = await fetch(`${stack.httpApi.url}${path}`, { method: 'POST', ...init, headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Holds a reply of the route against what the document says of it: status, headers, content type and body. */
function expectDescribed(path: string, { status, headers, body }: Received): void {
  const route = described.paths[path === '/logout' ? '/logout' : '/logout/{session}'];
  const response = route?.post.responses[String(status)];
  if (response === undefined) throw new Error(`${path} answered ${status}, which is not described`);
  for (const [name, header] of Object.entries(response.headers)) {
    const value = headers.get(name);
    if (value !== null) expectValid(header.schema, value, name);
    else expect(name, 'a header that every such reply has').toBe('Retry-After');
  }
  const content = response.content[headers.get('content-type') ?? ''];
  if (content === undefined) throw new Error(`${headers.get('content-type')} is not described`);
  expectValid(content.schema, body, path);
}

function expectValid(against: Record<string, unknown>, value: unknown, what: string): void {
  const valid = ajv.validate(against, value);
  expect(valid, `${what}: ${ajv.errorsText()} in ${JSON.stringify(value)}`).toBe(true);
}

test('the document has the version of the package', () => {
  expect(described.info.version).toBe(packageJson.version);
});

test('the document describes the routes that are deployed, and no others', () => {
  const keys = stack.deployment.routes.filter((key) => key !== '$default').toSorted();
  expect(
    Object.keys(described.paths)
      .map((path) => `POST ${path}`)
      .toSorted(),
  ).toEqual(keys);
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
  const { schema } = described.paths['/logout']?.post.requestBody.content['application/json'] ?? {};
  expect(schema && ajv.validate(schema, body)).toBe(taken);
  const parse = () => parseCommand(body);
  if (taken) parse();
  else expect(parse).toThrow(Failure);
});

/** How a reply comes about: what is done to the session and the stand-ins before, and the request. */
interface Reply {
  readonly before?: (name: string) => unknown;
  readonly path?: string;
  readonly init?: RequestInit;
}

const logOut = (name: string) => post(`/logout/${name}`);
const atRefresh = (answer: Answer) => () => stack.blink.faults.before('refresh', { do: 'answer', answer });
const refusedAtRefresh = atRefresh(json(400, { error: 'invalid_grant' }));
const loggedOutLongAgo = async (name: string) => {
  await logOut(name);
  stack.secretsManager.clock.advanceMs(6 * 60_000);
};
const afterRun = (fault: (name: string) => unknown) => async (name: string) => {
  fault(name);
  await logOut(name);
  stack.blink.faults.clear();
};
function fill(name: string): void {
  const secret = stack.secretsManager.secrets.find(`blink-logout/${name}`);
  while (secret.versions().length < 100) secret.put(randomUUID(), 'an earlier version', []);
}
/** A journal that counts as many writes of a day as there may be. */
function writtenOften(name: string): void {
  const now = new Date(stack.secretsManager.clock.nowMs()).toISOString();
  const journal = { format: 2, tokens: [], history: [], writes: Array(90).fill(now) };
  const secret = stack.secretsManager.secrets.find(`blink-logout/${name}`);
  secret.put(randomUUID(), JSON.stringify(journal), ['BLINK_LOGOUT']);
}
/** Another run holds the session while `post` is called. */
async function heldByAnother(name: string): Promise<void> {
  const refreshing = new Promise<void>((resolve) => {
    stack.blink.faults.onCall = ({ action }, moment) => {
      if (action !== 'refresh' || moment !== 'before') return undefined;
      resolve();
      return new Promise<undefined>((release) => {
        finish = () => release(undefined);
      });
    };
  });
  const first = logOut(name);
  await refreshing;
  afterwards = async () => expect((await first).status).toBe(200);
}
let finish = () => {};
let afterwards = async () => {};

afterEach(async () => {
  stack.blink.faults.clear();
  stack.secretsManager.faults.clear();
  finish();
  await afterwards();
  [finish, afterwards] = [() => {}, async () => {}];
});

/** By its code, or its outcome. */
const REPLIES: Readonly<Record<string, Reply>> = {
  logged_out: {},
  already_logged_out: { before: logOut },
  nothing_to_log_out: { before: loggedOutLongAgo },
  request_invalid: { init: { body: '{"key1":"value1"}' } },
  request_too_large: { init: { body: ' '.repeat(9000) } },
  unauthenticated: { init: { headers: { authorization: 'Bearer wrong' } } },
  method_not_allowed: { init: { method: 'PUT' } },
  not_found: { path: '/else' },
  session_unknown: { path: '/logout/nobody' },
  session_invalid: {
    before: () => stack.secretsManager.secrets.create('blink-logout/garbage', 'garbage'),
    path: '/logout/garbage',
  },
  session_busy: { before: heldByAnother },
  reauthentication_required: { before: refusedAtRefresh },
  cooling_down: { before: afterRun(atRefresh(json(406, {}))) },
  rate_limited: { before: atRefresh(json(429, { message: 'slow down' }, { 'retry-after': '60' })) },
  blink_rejected: { before: atRefresh(json(406, {})) },
  blink_unavailable: { before: atRefresh(json(503, {})) },
  secret_full: { before: fill },
  secrets_unavailable: {
    before: (name) =>
      stack.secretsManager.faults.before('GetSecretValue', refuse('AccessDeniedException'), {
        where: ({ secretId }) => secretId === `blink-logout/${name}`,
      }),
  },
};

test.each(Object.entries(REPLIES))('the reply %s is as it is described', async (code, reply) => {
  const { name } = freshSession();
  const path = reply.path ?? `/logout/${name}`;
  await reply.before?.(name);
  const received = await post(path, reply.init);
  expect(received.body).toMatchObject(received.status === 200 ? { outcome: code } : { code });
  expectDescribed(path, received);
});

/** What happens to a session before a check finds it so. */
const CHECKS: Readonly<Record<Condition['kind'], (name: string) => unknown>> = {
  ready: () => {},
  logged_out: logOut,
  // The run after it finds out.
  signed_out: async (name) => {
    await loggedOutLongAgo(name);
    await logOut(name);
  },
  busy: heldByAnother,
  cooling_down: afterRun(atRefresh(json(406, {}))),
  in_doubt: afterRun(() => stack.blink.faults.after('refresh', { do: 'destroy' })),
  needs_sign_in: afterRun(refusedAtRefresh),
  secret_full: writtenOften,
};

test.each(Object.entries(CHECKS))(
  'a check that finds %s is as it is described',
  async (condition, before) => {
    const { name } = freshSession();
    await before(name);
    const callsBefore = stack.blink.calls.length;
    const check = await post(`/logout/${name}`, { body: '{"action":"check"}' });
    expect(check).toMatchObject({ status: 200, body: { condition } });
    expectDescribed('/logout/{session}', check);
    expect(stack.blink.calls).toHaveLength(callsBefore);
  },
);

/** Nobody can bring these about over HTTP, or not soon, or only with a scoped key. */
const BY_THE_FUNCTION = ['internal_error', 'blink_timeout', 'save_failed', 'forbidden'] as const;

test.each(BY_THE_FUNCTION)('the reply %s is as it is described', (code) => {
  const { statusCode, headers, body } = httpProblem(new Failure(code, 'as the function says it'), 'r-1');
  expectDescribed('/logout', { status: statusCode, headers: new Headers(headers), body: JSON.parse(body) });
});

test('these are all codes and outcomes that there are', () => {
  expect(new Set([...Object.keys(REPLIES), ...BY_THE_FUNCTION])).toEqual(
    new Set([...LOGOUT_OUTCOMES, ...Object.keys(FAILURES)]),
  );
});

import { randomUUID } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Failure } from '../../lambda/core/failure.ts';
import { FAILURES } from '../../lambda/core/failure-codes.ts';
import { LOGOUT_OUTCOMES } from '../../lambda/core/outcome.ts';
import { parseCommand } from '../../lambda/logout/command.ts';
import { httpProblem } from '../../lambda/logout/reply.ts';
import type { AccountSeed } from '../../local/blink/accounts.ts';
import { json } from '../../local/blink/answers.ts';
import { type LocalSession, signIn } from '../../local/local-session.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
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
const codesSeen = new Set<unknown>();

beforeAll(async () => {
  const validator = new Validator();
  expect(await validator.validate(DOCUMENT)).toEqual({ valid: true });
  described = v.parse(documentSchema, validator.resolveRefs());
  stack = await startLocalStack({
    assembly: inject('assembly'),
    accounts: Array.from({ length: 20 }, (_, index) => account(index)),
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
  codesSeen.add(v.parse(v.looseObject({}), body)['code'] ?? v.parse(v.looseObject({}), body)['outcome']);
}

function expectValid(against: Record<string, unknown>, value: unknown, what: string): void {
  const valid = ajv.validate(against, value);
  expect(valid, `${what}: ${ajv.errorsText()} in ${JSON.stringify(value)}`).toBe(true);
}

test('the document has the version of the package', () => {
  expect(described.info.version).toBe(packageJson.version);
});

test('the document describes the routes that are deployed, and no others', () => {
  const keys = stack.deployment.routes
    .map(({ key }) => key)
    .filter((key) => key !== '$default')
    .toSorted();
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

describe('a reply is as it is described', () => {
  test('of each outcome', async () => {
    const { name } = freshSession();
    const path = `/logout/${name}`;
    for (const [body, outcome] of [
      ['{"action":"check"}', 'ready'],
      ['', 'logged_out'],
      ['{}', 'already_logged_out'],
    ] as const) {
      const received = await post(path, { body });
      expect(received).toMatchObject({ status: 200, body: { outcome } });
      expectDescribed(path, received);
    }
  });

  test.each([
    ['request_invalid', '/logout', { body: '{"key1":"value1"}' }],
    ['request_too_large', '/logout', { body: ' '.repeat(9000) }],
    ['unauthenticated', '/logout', { headers: { authorization: 'Bearer wrong' } }],
    ['session_unknown', '/logout/nobody', {}],
    ['method_not_allowed', '/logout', { method: 'PUT' }],
    ['not_found', '/else', {}],
  ])('of %s', async (code, path, init) => {
    const received = await post(path, init);
    expect(received.body).toMatchObject({ code });
    expectDescribed(path, received);
  });

  test.each([
    ['needs_sign_in', 'reauthentication_required', json(400, { error: 'invalid_grant' })],
    ['cooling_down', 'cooling_down', json(406, {})],
  ])('of a check that finds %s in the journal, and does not call Blink', async (outcome, code, answer) => {
    const { name } = freshSession();
    const path = `/logout/${name}`;
    stack.blink.faults.before('refresh', { do: 'answer', answer });
    await post(path);
    stack.blink.faults.clear();
    const callsBefore = stack.blink.calls.length;
    const received = await post(path, { body: '{"action":"check"}' });
    expect(received).toMatchObject({ status: 200, body: { outcome } });
    expectDescribed(path, received);
    const logout = await post(path);
    expect(logout.body).toMatchObject({ code });
    expectDescribed(path, logout);
    expect(stack.blink.calls).toHaveLength(callsBefore);
  });

  test('of a session that an earlier logout has signed out', async () => {
    const { name } = freshSession();
    const path = `/logout/${name}`;
    await post(path);
    stack.secretsManager.clock.advanceMs(6 * 60_000);
    for (const body of ['{}', '{"action":"check"}']) {
      const received = await post(path, { body });
      expect(received.body).toMatchObject({ since: expect.any(String) });
      expectDescribed(path, received);
    }
  });

  test('of a check after a refresh whose answers were lost', async () => {
    const { name } = freshSession();
    const path = `/logout/${name}`;
    stack.blink.faults.after('refresh', { do: 'destroy' });
    await post(path);
    stack.blink.faults.clear();
    const callsBefore = stack.blink.calls.length;
    const received = await post(path, { body: '{"action":"check"}' });
    expect(received).toMatchObject({ status: 200, body: { outcome: 'in_doubt' } });
    expectDescribed(path, received);
    expect(stack.blink.calls).toHaveLength(callsBefore);
  });

  test('of a session whose text is garbage', async () => {
    stack.secretsManager.secrets.create('blink-logout/garbage', 'garbage');
    const received = await post('/logout/garbage');
    expect(received.body).toMatchObject({ code: 'session_invalid' });
    expectDescribed('/logout/garbage', received);
  });

  test.each([
    ['reauthentication_required', json(400, { error: 'invalid_grant' })],
    ['rate_limited', json(429, { message: 'slow down' }, { 'retry-after': '60' })],
    ['blink_rejected', json(406, {})],
    ['blink_unavailable', json(503, {})],
  ])('of %s', async (code, answer) => {
    const { name } = freshSession();
    stack.blink.faults.before('refresh', { do: 'answer', answer });
    const received = await post(`/logout/${name}`);
    stack.blink.faults.clear();
    expect(received.body).toMatchObject({ code });
    expectDescribed(`/logout/${name}`, received);
  });

  test('of a run that finds another at work', async () => {
    const { name } = freshSession();
    let claimed = () => {};
    const claim = new Promise<void>((resolve) => {
      claimed = resolve;
    });
    let finish = () => {};
    const finished = new Promise<undefined>((resolve) => {
      finish = () => resolve(undefined);
    });
    stack.blink.faults.onCall = ({ action }, moment) => {
      if (action !== 'refresh' || moment !== 'before') return undefined;
      claimed();
      return finished;
    };
    const first = post(`/logout/${name}`);
    await claim;
    const second = await post(`/logout/${name}`);
    stack.blink.faults.clear();
    finish();
    expect(second).toMatchObject({ status: 409, body: { code: 'session_busy' } });
    expectDescribed(`/logout/${name}`, second);
    expect((await first).status).toBe(200);
  });

  test('of a secret that is full', async () => {
    const { name } = freshSession();
    const secret = stack.secretsManager.secrets.find(`blink-logout/${name}`);
    while (secret.versions().length < 100) secret.put(randomUUID(), 'an earlier version', []);
    const received = await post(`/logout/${name}`);
    expect(received).toMatchObject({ status: 429, body: { code: 'secret_full' } });
    expectDescribed(`/logout/${name}`, received);
  });

  test('of a Secrets Manager that refuses', async () => {
    const { name } = freshSession();
    const effect = refuse('AccessDeniedException');
    stack.secretsManager.faults.before('GetSecretValue', effect, {
      where: ({ secretId }) => secretId === `blink-logout/${name}`,
    });
    const received = await post(`/logout/${name}`);
    stack.secretsManager.faults.clear();
    expect(received).toMatchObject({ status: 503, body: { code: 'secrets_unavailable' } });
    expectDescribed(`/logout/${name}`, received);
  });

  test('of a token that could not be saved', async () => {
    const { name } = freshSession();
    // Each id that the save tries is taken, and the version holds another text.
    stack.secretsManager.faults.onCall = ({ action, labels, secretId, versionId }, moment) => {
      if (action !== 'PutSecretValue' || moment !== 'before' || !labels.includes('BLINK_LOGOUT_SAVED')) {
        return undefined;
      }
      stack.secretsManager.secrets.find(secretId ?? '').put(versionId ?? '', 'another text', ['OTHER']);
      return refuse('ResourceExistsException');
    };
    const received = await post(`/logout/${name}`);
    stack.secretsManager.faults.clear();
    expect(received).toMatchObject({ status: 500, body: { code: 'save_failed' } });
    expectDescribed(`/logout/${name}`, received);
  });

  test('of what nobody can bring about, or not soon', () => {
    for (const code of ['internal_error', 'blink_timeout', 'forbidden'] as const) {
      const { statusCode, headers, body } = httpProblem(new Failure(code, 'as the function says it'), 'r-1');
      expectDescribed('/logout', {
        status: statusCode,
        headers: new Headers(headers),
        body: JSON.parse(body),
      });
    }
  });

  test('of every code that there is', () => {
    const conditions = ['ready', 'cooling_down', 'in_doubt', 'needs_sign_in', 'signed_out'];
    const outcomes = new Set([...LOGOUT_OUTCOMES, ...conditions, ...Object.keys(FAILURES)]);
    expect([...codesSeen].toSorted()).toEqual([...outcomes].toSorted());
  });
});

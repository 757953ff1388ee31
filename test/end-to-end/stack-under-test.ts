import { expect } from 'vitest';
import { type Form, type LocalSession, secretNameOf, signIn } from '../../local/local-session.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { CANARIES, withoutCanary } from '../no-canary.ts';
import { assembly } from './assembly.ts';

/** Never to be seen outside a secret or a call to Blink. Tokens of the stand-in begin with `eyJ`. */

const ACCOUNT = {
  email: 'canary@example.com',
  password: 'canary & 100%',
  tier: 'e008',
  accountId: 123_456,
  userId: 456_789,
};

/** The bundle that would be deployed, with sessions of its own for each test. */
export interface StackUnderTest extends LocalStack {
  /** Signs a client in under a name of its own, or under the given one. */
  signIn(form: Form, name?: string): LocalSession;
  /** A secret with any text; `undefined` makes one without a version. */
  store(text: string | undefined): string;
  post(path: string, request?: WebhookRequest): Promise<WebhookReply>;
}

export interface WebhookRequest {
  /** The key is sent where nothing is said. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly method?: string;
}

export interface WebhookReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export async function startStackUnderTest(): Promise<StackUnderTest> {
  const stack = await startLocalStack({
    assembly: await assembly(),
    accounts: [ACCOUNT],
  });
  stack.onInvocation = withoutCanary;
  let count = 0;
  return Object.assign(stack, {
    signIn(form: Form, name = `session-${++count}`) {
      const session = { name, form, accountId: ACCOUNT.accountId, clientId: 7_000_000 + ++count };
      signIn(stack, session);
      return session;
    },
    store(text: string | undefined) {
      const name = `stored-${++count}`;
      stack.secretsManager.secrets.create(secretNameOf({ name }), text);
      return name;
    },
    async post(path: string, { headers, body, method = 'POST' }: WebhookRequest = {}) {
      const response = await fetch(`${stack.httpApi.url}${path}`, {
        method,
        headers: headers ?? { authorization: stack.authorization, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      expect(text).not.toMatch(CANARIES);
      return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
    },
  });
}

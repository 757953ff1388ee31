import { randomUUID } from 'node:crypto';
import { sessionSecretPrefix, stackName } from '../lambda/core/stack-name.ts';
import type { AccountSeed } from './blink/accounts.ts';
import type { LocalStack } from './local-stack.ts';

export type Form = keyof typeof FORMS;

/** A client that is signed in at the Blink stand-in, and the form in which its tokens are stored. */
export interface LocalSession {
  readonly name: string;
  readonly form: Form;
  readonly accountId: number;
  readonly clientId: number;
}

export type StandIns = Pick<LocalStack, 'secretsManager' | 'blink'>;

/** The local run is deployed with the default settings. */
export function secretNameOf({ name }: Pick<LocalSession, 'name'>): string {
  return `${sessionSecretPrefix(stackName())}${name}`;
}

/** Signs the client in and stores its tokens: in a new secret, or as a new version of the existing one. */
export function signIn({ secretsManager, blink }: StandIns, session: LocalSession): void {
  const { accountId, clientId } = session;
  const refreshToken = blink.seedSession({ accountId, clientId });
  const text = FORMS[session.form]({ ...blink.accounts.byId(accountId), clientId, refreshToken });
  const { secrets } = secretsManager;
  const existing = secrets.all().find(({ name }) => name === secretNameOf(session));
  if (existing === undefined) secrets.create(secretNameOf(session), text);
  else existing.put(randomUUID(), text, ['AWSCURRENT']);
}

/** A session's refresh token in Secrets Manager and at Blink. */
export interface StoredToken {
  readonly versionId: string;
  readonly labels: readonly string[];
  /** The newest token that Blink has issued to the client. */
  readonly newest: string;
  /** Whether the secret's current version holds the newest token. */
  readonly isStored: boolean;
}

export function storedToken({ secretsManager, blink }: StandIns, session: LocalSession): StoredToken {
  const { versionId, labels, text } = secretsManager.secrets.find(secretNameOf(session)).version({});
  const newest = blink.tokens.newest(session.clientId);
  if (newest === undefined) throw new Error(`${session.name} was never signed in`);
  return { versionId, labels, newest, isStored: text.includes(newest) };
}

interface Stored extends AccountSeed {
  readonly clientId: number;
  readonly refreshToken: string;
}

/** Forms in which tokens are stored: BlinkMonitorProtocol's, blinkpy's (and Home Assistant's), a Homebridge plugin's. */
const FORMS = {
  BLINK_TOKENS(stored: Stored): string {
    const pairs = Object.entries({ ...blinkpyFields(stored), '2fa_code': '' });
    const encoded = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `BLINK_TOKENS='${encoded.join('|')}'`;
  },
  blinkpy(stored: Stored): string {
    return JSON.stringify({ ...blinkpyFields(stored), user_id: null, device_id: 'Home Assistant' });
  },
  Homebridge({ accountId, clientId, tier, email, refreshToken }: Stored): string {
    const tokens = { accessToken: OLD_ACCESS_TOKEN, refreshToken, accountId, clientId, tier, email };
    return JSON.stringify({ ...tokens, updatedAt: '2026-01-01T00:00:00.000Z' }, undefined, 2);
  },
};

const OLD_ACCESS_TOKEN = 'eyJ-an-old-access-token';

function blinkpyFields({ email, password, tier, accountId, clientId, refreshToken }: Stored) {
  return {
    username: email,
    password,
    device_id: 'Blinkpy',
    token: OLD_ACCESS_TOKEN,
    expiration_date: 1_767_225_600.12,
    refresh_token: refreshToken,
    host: `rest-${tier}.immedia-semi.com`,
    client_id: String(clientId),
    account_id: accountId,
  };
}

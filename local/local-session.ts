import { randomUUID } from 'node:crypto';
import { sessionSecretPrefix, stackName } from '../lambda/core/stack-name.ts';
import type { AccountSeed } from './blink/accounts.ts';
import type { BlinkStandIn } from './blink/start-blink.ts';
import type { SecretsManagerStandIn } from './secrets-manager/start-secrets-manager.ts';

/** A client that is signed in at the Blink stand-in, and the form in which its tokens are stored. */
export interface LocalSession {
  readonly name: string;
  readonly form: Form;
  readonly accountId: number;
  readonly clientId: number;
}

/** Forms in which tokens are stored: BlinkMonitorProtocol's, blinkpy's (and Home Assistant's), a Homebridge plugin's. */
export type Form = 'BLINK_TOKENS' | 'blinkpy' | 'Homebridge';

export interface StandIns {
  readonly secretsManager: SecretsManagerStandIn;
  readonly blink: BlinkStandIn;
}

/** The local run is deployed with the default settings. */
export function secretNameOf({ name }: Pick<LocalSession, 'name'>): string {
  return `${sessionSecretPrefix(stackName())}${name}`;
}

/** Signs the client in and stores its tokens: in a new secret, or as a new version of the existing one. */
export function signIn({ secretsManager, blink }: StandIns, session: LocalSession): void {
  const { accountId, clientId } = session;
  const refreshToken = blink.seedSession({ accountId, clientId });
  const text = storedText(session, blink.accounts.byId(accountId), refreshToken);
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

const OLD_ACCESS_TOKEN = 'eyJ-an-old-access-token';
const EXPIRES_AT = new Date('2026-01-01T00:00:00Z');

function storedText({ form, clientId }: LocalSession, account: AccountSeed, refreshToken: string): string {
  const { email, password, tier, accountId, userId } = account;
  const fields = {
    username: email,
    password,
    uid: 'BlinkCamera_local',
    device_id: 'Blinkpy',
    token: OLD_ACCESS_TOKEN,
    expires_in: 14_400,
    expiration_date: EXPIRES_AT.getTime() / 1000 + 0.12,
    refresh_token: refreshToken,
    host: `${tier}.immedia-semi.com`,
    region_id: tier,
    client_id: String(clientId),
    account_id: accountId,
    user_id: String(userId),
  };
  switch (form) {
    case 'BLINK_TOKENS': {
      const pairs = Object.entries({ ...fields, '2fa_code': '' });
      const encoded = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      return `BLINK_TOKENS='${encoded.join('|')}'`;
    }
    case 'blinkpy':
      return JSON.stringify({
        ...fields,
        device_id: 'Home Assistant',
        host: `rest-${tier}.immedia-semi.com`,
        user_id: null,
        hardware_id: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
      });
    case 'Homebridge': {
      const tokens = {
        accessToken: OLD_ACCESS_TOKEN,
        refreshToken,
        accountId,
        clientId,
        region: tier,
        tier,
        hardwareId: '9A3F1C2B-54D6-4E7F-8A90-1B2C3D4E5F60',
        email,
        tokenExpiry: EXPIRES_AT.toISOString(),
        updatedAt: EXPIRES_AT.toISOString(),
      };
      return JSON.stringify(tokens, undefined, 2);
    }
  }
}

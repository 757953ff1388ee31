import { type LocalSession, type StandIns, secretNameOf } from './local-session.ts';

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

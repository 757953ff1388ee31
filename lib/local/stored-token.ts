import { type LocalSession, type StandIns, secretNameOf } from './local-session.ts';

/** A session's refresh token as Secrets Manager has it and as Blink sees it. */
export interface StoredToken {
  readonly versionId: string;
  readonly labels: readonly string[];
  /** The newest that Blink has issued to the client. */
  readonly newest: string;
  /** Whether it is in the current version of the secret. */
  readonly isStored: boolean;
}

export function storedToken({ secretsManager, blink }: StandIns, session: LocalSession): StoredToken {
  const { versionId, labels, text } = secretsManager.secrets.find(secretNameOf(session)).version({});
  const newest = blink.tokens.newest(session.clientId);
  if (newest === undefined) throw new Error(`${session.name} has never been signed in`);
  return { versionId, labels, newest, isStored: text.includes(newest) };
}

/** Enough to tell two apart. */
export function masked(token: string): string {
  return `${token.slice(0, 4)}…${token.slice(-4)}`;
}

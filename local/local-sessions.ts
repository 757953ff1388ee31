import type { AccountSeed } from './blink/accounts.ts';
import type { LocalSession } from './local-session.ts';

/** One of the users who can sign in. */
export const LOCAL_USER = { email: 'ada@example.com', password: 'local-password', code: '123456' } as const;

/** The accounts of the local run. Each has a second factor and another client, which can be logged out by its id. */
export const LOCAL_ACCOUNTS: readonly AccountSeed[] = [
  { tier: 'e008', accountId: 100_001, userId: 200_001, email: LOCAL_USER.email },
  { tier: 'u011', accountId: 100_002, userId: 200_002, email: 'grace@example.com' },
  { tier: 'prde', accountId: 100_003, userId: 200_003, email: 'alan@example.com' },
].map((account) => ({
  ...account,
  clients: [{ id: account.accountId + 300_000, name: 'iPad', lastLoginMs: Date.UTC(2026, 0, 1) }],
  password: LOCAL_USER.password,
  code: LOCAL_USER.code,
}));

/** One session for each form in which tokens are stored. */
export const LOCAL_SESSIONS = {
  default: { name: 'default', form: 'BLINK_TOKENS', accountId: 100_001, clientId: 300_001 },
  homeAssistant: { name: 'home-assistant', form: 'blinkpy', accountId: 100_002, clientId: 300_002 },
  homebridge: { name: 'homebridge', form: 'Homebridge', accountId: 100_003, clientId: 300_003 },
} as const satisfies Record<string, LocalSession>;

import type { StoredFields } from './stored-fields.ts';

/**
 * A session, parsed from its secret's text in one of three forms: `BLINK_TOKENS` (BlinkMonitorProtocol), blinkpy's JSON
 * or Homebridge's JSON. Fields that the secret lacks are `undefined`. The code that needs them looks them up at Blink.
 */
export interface StoredSession {
  readonly form: StoredFields['form'];
  readonly refreshToken: string;
  readonly hardwareId?: string | undefined;
  /** The numeric id of the app installation, as digits. Not an OAuth client name. */
  readonly clientId?: string | undefined;
  readonly accountId?: number | undefined;
  /** Checked: a host that is not Blink's is rejected when the text is parsed. */
  readonly tier?: string | undefined;
  /** OAuth client names in the order in which they are to be tried. */
  readonly oauthClients: readonly [string, ...string[]];
  /** The text with a new refresh token and OAuth client name, and otherwise unchanged. */
  withGrant(grant: { readonly refreshToken: string; readonly oauthClient: string }): string;
}

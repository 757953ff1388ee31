/**
 * A session as its secret's text holds it, in any of the three forms of blink-api.md section 4.
 * Fields that the secret lacks are absent. The code that needs them looks them up at Blink.
 */
export interface StoredSession {
  readonly form: 'blink-tokens' | 'blinkpy' | 'homebridge';
  readonly refreshToken: string;
  readonly hardwareId?: string;
  /** The numeric id of the app installation, as digits. Not an OAuth client name. */
  readonly clientId?: string;
  readonly accountId?: number;
  /** Checked: a host that is not Blink's is refused when the text is read. */
  readonly tier?: string;
  /** OAuth client names in the order in which they are to be tried. */
  readonly oauthClients: readonly [string, ...string[]];
  /** The text with a new refresh token and the OAuth client name, and with everything else as it was. */
  withGrant(grant: { readonly refreshToken: string; readonly oauthClient: string }): string;
}

import type { SessionFields } from './session-fields.ts';

/**
 * A session, parsed from its secret's text in one of three forms: `BLINK_TOKENS` (BlinkMonitorProtocol), blinkpy's JSON
 * or Homebridge's JSON. Fields that the secret lacks are absent. The code that needs them looks them up at Blink.
 */
export interface StoredSession {
  readonly form: 'blink-tokens' | 'blinkpy' | 'homebridge';
  readonly refreshToken: string;
  readonly hardwareId?: string;
  /** The numeric id of the app installation, as digits. Not an OAuth client name. */
  readonly clientId?: string;
  readonly accountId?: number;
  /** Checked: a host that is not Blink's is rejected when the text is parsed. */
  readonly tier?: string;
  /** OAuth client names in the order in which they are to be tried. */
  readonly oauthClients: readonly [string, ...string[]];
  /** The text with a new refresh token and OAuth client name, and otherwise unchanged. */
  withGrant(grant: { readonly refreshToken: string; readonly oauthClient: string }): string;
}

/** Creates the session from the fields of any form. */
export function storedSessionOf(
  form: StoredSession['form'],
  fields: SessionFields,
  withGrant: StoredSession['withGrant'],
): StoredSession {
  const { refreshToken, clientId, accountId, hardwareId, tier } = fields;
  return {
    form,
    refreshToken,
    ...(clientId !== undefined && { clientId }),
    ...(accountId !== undefined && { accountId }),
    ...(hardwareId !== undefined && { hardwareId }),
    ...(tier !== undefined && { tier }),
    oauthClients: oauthClientsInOrder(fields),
    withGrant,
  };
}

/** The OAuth clients of Blink's own apps. */
const OAUTH_CLIENTS = ['ios', 'android', 'amazon'];

/**
 * The first is the one to which the refresh token was issued. If that is unknown, it is a guess: sign-ins as `ios` have a
 * hardware id. The numeric client id is last: BlinkMonitorProtocol sends it, but no working client does.
 */
function oauthClientsInOrder({
  issuedTo,
  hardwareId,
  clientId,
}: SessionFields): StoredSession['oauthClients'] {
  const first = issuedTo ?? (hardwareId === undefined ? 'android' : 'ios');
  return [first, ...OAUTH_CLIENTS.concat(clientId ?? []).filter((name) => name !== first)];
}

import { oauthClientsInOrder } from './oauth-clients.ts';
import type { SessionFields } from './session-fields.ts';
import type { StoredSession } from './stored-session.ts';

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

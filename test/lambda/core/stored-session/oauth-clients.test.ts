import { describe, expect, test } from 'vitest';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';

describe('the order of OAuth clients', () => {
  test.each([
    ['a bare token: android', '{"refresh_token":"r"}', ['android', 'ios', 'amazon']],
    ['BLINK_TOKENS without a hardware id: android', 'refresh_token=r|host=', ['android', 'ios', 'amazon']],
    ['a hardware id: ios', 'refresh_token=r|hardware_id=H', ['ios', 'android', 'amazon']],
    ['a refused hardware id: android', 'refresh_token=r|hardware_id=Blinkpy', ['android', 'ios', 'amazon']],
    ["blinkpy's: ios", '{"refresh_token":"r","uid":null}', ['ios', 'android', 'amazon']],
    ["Homebridge's: ios", '{"refreshToken":"r"}', ['ios', 'android', 'amazon']],
    ['the stored one first', '{"refreshToken":"r","oauthClientId":"amazon"}', ['amazon', 'ios', 'android']],
    [
      'a stored one that is not known',
      'refresh_token=r|oauth_client_id=my_app-2',
      ['my_app-2', 'ios', 'android', 'amazon'],
    ],
    ['the numeric id last', 'refresh_token=r|client_id=12', ['android', 'ios', 'amazon', '12']],
    [
      'a numeric id that worked, once',
      'refresh_token=r|client_id=12|oauth_client_id=12',
      ['12', 'ios', 'android', 'amazon'],
    ],
  ])('%s', (_, text, order) => {
    expect(parseStoredSession(text).oauthClients).toEqual(order);
  });
});

import { describe, expect, it } from 'vitest';
import { newText, type OwnFields, withFields, withoutNeverStored } from '../../../bin/session/stored-text.ts';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';

const FIELDS: OwnFields = {
  refreshToken: "a%b|c='d",
  oauthClient: 'ios',
  hardwareId: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
  accountId: 2,
  clientId: '3',
  tier: 'e008',
};
const IDS_NOT_FOUND: OwnFields = { ...FIELDS, accountId: undefined, clientId: undefined, tier: undefined };

const TEXTS = [
  `BLINK_TOKENS="password=p%7Cq|mine=1|refresh_token=old|token=t|client_id=9|account_id=8|host=a001.immedia-semi.com|2fa_code="`,
  '{"password":"p","mine":{"deep":[1]},"refresh_token":"old","token":"t","access_token":"a","client_id":"9","account_id":8,"region_id":"a001"}',
  '{"accessToken":"t","mine":1,"refreshToken":"old","clientId":9,"accountId":8,"region":"a001"}',
  '{"OTHER":"mine","BLINK_TOKENS":"refresh_token=old|token=t"}',
  "OTHER=mine\nexport BLINK_TOKENS='refresh_token=old|token=t'\n",
];

function fieldsOf(text: string) {
  const { refreshToken, oauthClients, hardwareId, accountId, clientId, tier } = parseStoredSession(text);
  return { refreshToken, oauthClient: oauthClients[0], hardwareId, accountId, clientId, tier };
}

describe.each(TEXTS)('the text of a session: %s', (text) => {
  it.each([FIELDS, IDS_NOT_FOUND])(
    'takes what was found, loses what was not, and keeps the rest',
    (fields) => {
      const set = withFields(text, fields);
      expect(fieldsOf(set)).toEqual(fields);
      expect(parseStoredSession(set).form).toBe(parseStoredSession(text).form);
      expect(set).toContain('mine');
      expect(
        withoutNeverStored(set).dropped.filter((name) => name !== 'what is beside BLINK_TOKENS'),
      ).toEqual([]);
    },
  );
});

it.each([FIELDS, IDS_NOT_FOUND])('a new text can be read', (fields) => {
  expect(parseStoredSession(newText(fields)).form).toBe('homebridge');
  expect(fieldsOf(newText(fields))).toEqual(fields);
});

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

/** By form: a text, and the names of its fields that are never stored. */
const TEXTS = [
  [
    'blink-tokens',
    `BLINK_TOKENS="password=p%7Cq|mine=1|refresh_token=old|token=t|client_id=9|account_id=8|host=a001.immedia-semi.com|2fa_code="`,
    ['password', 'token'],
  ],
  [
    'blinkpy',
    '{"password":"p","mine":{"deep":[1]},"refresh_token":"old","token":"t","access_token":"a","client_id":"9","account_id":8,"region_id":"a001"}',
    ['password', 'token', 'access_token'],
  ],
  [
    'homebridge',
    '{"accessToken":"t","mine":1,"refreshToken":"old","clientId":9,"accountId":8,"region":"a001"}',
    ['accessToken'],
  ],
] as const;

function fieldsOf(text: string) {
  const { refreshToken, oauthClients, hardwareId, accountId, clientId, tier } = parseStoredSession(text);
  return { refreshToken, oauthClient: oauthClients[0], hardwareId, accountId, clientId, tier };
}

describe.each(TEXTS)('the text of a session in the form %s', (form, text, dropped) => {
  it.each([FIELDS, IDS_NOT_FOUND])('takes what was found, and loses what was not', (fields) => {
    const set = withFields(text, fields);
    expect(fieldsOf(set)).toEqual(fields);
    expect(parseStoredSession(set).form).toBe(form);
    expect(set).toContain('mine');
    expect(withoutNeverStored(set).dropped).toEqual([]);
  });

  it('loses what is never stored', () => {
    const without = withoutNeverStored(text);
    expect(without.dropped).toEqual(dropped);
    expect(withoutNeverStored(without.text).dropped).toEqual([]);
    const kept = { form, refreshToken: 'old', clientId: '9', accountId: 8, tier: 'a001' };
    expect(parseStoredSession(without.text)).toMatchObject(kept);
    expect(without.text).toContain('mine');
  });
});

it.each([
  [
    '{"OTHER":"mine","BLINK_TOKENS":"refresh_token=old|token=t"}',
    /^\{"OTHER":"mine","BLINK_TOKENS":"refresh_token=/,
  ],
  [
    "OTHER=mine\nexport BLINK_TOKENS='refresh_token=old|token=t'\n",
    /^OTHER=mine\nexport BLINK_TOKENS='refresh_token=.*'\n$/,
  ],
])('what stands beside BLINK_TOKENS stays at a sign-in, and is left out by an import: %j', (text, kept) => {
  const set = withFields(text, FIELDS);
  expect(set).toMatch(kept);
  expect(set).not.toContain('token=t');
  expect(fieldsOf(set)).toEqual(FIELDS);
  expect(withoutNeverStored(text).text).not.toContain('mine');
});

it.each([FIELDS, IDS_NOT_FOUND])('a new text can be read', (fields) => {
  expect(parseStoredSession(newText(fields)).form).toBe('homebridge');
  expect(fieldsOf(newText(fields))).toEqual(fields);
});

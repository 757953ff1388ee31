import { describe, expect, it } from 'vitest';
import {
  neverStoredIn,
  newText,
  type OwnFields,
  withFields,
  withoutNeverStored,
} from '../../../bin/session/stored-text.ts';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';

const FIELDS: OwnFields = {
  refreshToken: "a%b|c='d",
  oauthClient: 'ios',
  hardwareId: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
  accountId: 2,
  clientId: '3',
  tier: 'e008',
};
const NOTHING_FOUND: OwnFields = {
  ...FIELDS,
  hardwareId: undefined,
  accountId: undefined,
  clientId: undefined,
  tier: undefined,
};

const TEXTS = {
  'blink-tokens': `BLINK_TOKENS="password=p%7Cq|mine=1|refresh_token=old|token=t|client_id=9|account_id=8|host=a001.immedia-semi.com|2fa_code="`,
  blinkpy:
    '{"password":"p","mine":{"deep":[1]},"refresh_token":"old","token":"t","access_token":"a","client_id":"9","account_id":8,"region_id":"a001"}',
  homebridge: '{"accessToken":"t","mine":1,"refreshToken":"old","clientId":9,"accountId":8,"region":"a001"}',
} as const;
const NEVER_STORED = {
  'blink-tokens': ['password', 'token'],
  blinkpy: ['password', 'token', 'access_token'],
  homebridge: ['accessToken'],
};
const FORMS = Object.entries(TEXTS) as [keyof typeof TEXTS, string][];

describe('the text of a session', () => {
  it.each(FORMS)('takes what was found, in the form %s, beside what was there', (form, text) => {
    const set = withFields(text, form, FIELDS);
    const { refreshToken, oauthClients, hardwareId, accountId, clientId, tier } = parseStoredSession(set);
    expect({ refreshToken, oauthClient: oauthClients[0], hardwareId, accountId, clientId, tier }).toEqual(
      FIELDS,
    );
    expect(parseStoredSession(set).form).toBe(form);
    expect(set).toContain('mine');
  });

  it.each(FORMS)('loses what was not found, in the form %s', (form, text) => {
    const stored = parseStoredSession(withFields(text, form, NOTHING_FOUND));
    expect(Object.keys(stored).sort()).toEqual(['form', 'oauthClients', 'refreshToken', 'withGrant']);
  });

  it.each(FORMS)('loses what is never stored, in the form %s', (form, text) => {
    const without = withoutNeverStored(text, form);
    expect(neverStoredIn(text, form)).toEqual(NEVER_STORED[form]);
    expect(neverStoredIn(without, form)).toEqual([]);
    expect(parseStoredSession(without)).toMatchObject({
      form,
      refreshToken: 'old',
      clientId: '9',
      accountId: 8,
      tier: 'a001',
    });
    expect(without).toContain('mine');
  });

  it('can be read if it is new', () => {
    expect(parseStoredSession(newText(FIELDS))).toMatchObject({
      form: 'homebridge',
      clientId: '3',
      tier: 'e008',
    });
    expect(parseStoredSession(newText(NOTHING_FOUND)).oauthClients[0]).toBe('ios');
  });
});

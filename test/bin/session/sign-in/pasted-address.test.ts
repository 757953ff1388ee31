import { describe, expect, it } from 'vitest';
import { parsePastedAddress } from '../../../../bin/session/sign-in/pasted-address.ts';

const CALLBACK = 'https://applinks.blink.com/signin/callback';
const STATE = 'r4nd0m-state_of-this-sign-in';
const GOOD = `${CALLBACK}?code=the-code&state=${STATE}`;

function parse(pasted: string) {
  return parsePastedAddress(pasted, CALLBACK, STATE);
}

describe('the address at the end of a sign-in', () => {
  it.each([
    ['as the browser shows it', GOOD],
    ['with its parameters in another order', `${CALLBACK}?state=${STATE}&code=the-code`],
    [
      'with parameters that RFC 6749 lets a client ignore',
      `${GOOD}&scope=client&iss=https%3A%2F%2Fblink.com`,
    ],
    ['with a percent-encoded code', `${CALLBACK}?code=the%2Dcode&state=${STATE}`],
    ['with spaces and a line end around it', ` \t${GOOD}\r\n`],
    ['as long as it may be', `${GOOD}&x=`.padEnd(9_000, 'x')],
  ])('is taken %s', (_how, pasted) => {
    expect(parse(pasted)).toEqual({ code: 'the-code' });
  });

  it.each([
    ['nothing', ' '],
    ['the code alone', 'the-code'],
    ['no query', CALLBACK],
    ['plain http', GOOD.replace('https', 'http')],
    ['another host', GOOD.replace('blink.com', 'blink.com.evil.example')],
    ['a host in capitals, which no browser shows', GOOD.replace('applinks', 'APPLINKS')],
    ['a percent-encoded host', GOOD.replace('applinks', 'app%6Cinks')],
    ['Blink as the user of another host', GOOD.replace('blink.com/', 'blink.com@evil.example/')],
    ['a path with dots', GOOD.replace('/signin', '/x/../signin')],
    ['a fragment', `${GOOD}#`],
    ['no code', `${CALLBACK}?state=${STATE}`],
    ['an empty code', `${CALLBACK}?code=&state=${STATE}`],
    ['a code with a space', `${CALLBACK}?code=the+code&state=${STATE}`],
    ['a code with a line end', `${CALLBACK}?code=the%0Acode&state=${STATE}`],
    ['a code that is not UTF-8', `${CALLBACK}?code=%ff&state=${STATE}`],
    ['half a percent-encoding', `${CALLBACK}?code=the-code%2&state=${STATE}`],
    ['two codes', `${GOOD}&code=other`],
    ['two codes, one in disguise', `${GOOD}&c%6Fde=other`],
    ['a code and an error', `${GOOD}&error=access_denied`],
    ['two errors', `${CALLBACK}?error=a&error=b&state=${STATE}`],
    ['no state', `${CALLBACK}?code=the-code`],
    ['two states', `${GOOD}&state=${STATE}`],
    ['its first part', GOOD.slice(0, 60)],
    ['all but the last character', GOOD.slice(0, -1)],
    ['the state cut off', GOOD.slice(0, -STATE.length)],
    ['quotes around it', `"${GOOD}"`],
    ['two addresses', `${GOOD} ${GOOD}`],
    ['two addresses without a space', GOOD + GOOD],
    ['a line within it', GOOD.replace('&', '\r\n&')],
    ['text around it', `Unsupported Browser ${GOOD}`],
    ['a null', `${GOOD}\0`],
    ['the arrow keys', `${GOOD}\x1b[D`],
    ['the address of Blink’s page', `https://api.oauth.blink.com/oauth/v2/authorize?state=${STATE}`],
  ])('may be pasted again after %s, which is not shown', (_what, pasted) => {
    const parsed = parse(pasted);
    expect(parsed).toEqual({ fault: expect.stringMatching(/\.$/) });
    for (const part of ['the-code', STATE, 'evil']) {
      expect(JSON.stringify(parsed)).not.toContain(part);
    }
  });

  it.each([
    ['another', 'x'.repeat(STATE.length)],
    ['with one more character', `${STATE}x`],
    ['with another last character', `${STATE.slice(0, -1)}x`],
    ['in capitals', STATE.toUpperCase()],
  ])('ends the sign-in if its state is %s', (_what, state) => {
    for (const answer of ['code=the-code', 'error=access_denied']) {
      expect(() => parse(`${CALLBACK}?${answer}&state=${state}`)).toThrow('the end of another sign-in');
    }
  });

  it.each([
    ['access_denied', 'access_denied'],
    ['the-code-in-a-wrong-place', 'an unknown error'],
    ['', 'an unknown error'],
  ])('ends the sign-in with the error %j, shown as %s', (error, shown) => {
    const address = `${CALLBACK}?error=${error}&error_description=secret&state=${STATE}`;
    expect(() => parse(address)).toThrow(`Blink ended the sign-in: ${shown}.`);
  });
});

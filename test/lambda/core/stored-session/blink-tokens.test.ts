import { describe, expect, test } from 'vitest';
import { parseStoredSession } from '../../../../lambda/core/stored-session/parse-stored-session.ts';
import { refusedText } from './refused-text.ts';
import { BLINK_TOKENS } from './stored-texts.ts';

const GRANT = { refreshToken: 'new-refresh', oauthClient: 'ios' };

describe('a session stored as BLINK_TOKENS', () => {
  test('is read with its region, host and ids', () => {
    expect(parseStoredSession(BLINK_TOKENS)).toMatchObject({
      form: 'blink-tokens',
      refreshToken: 'eyJ-refresh',
      clientId: '1234567',
      accountId: 123456,
      tier: 'e008',
    });
  });

  test('keeps prefix, quotes, order and every other field when a grant is stored', () => {
    expect(parseStoredSession(BLINK_TOKENS).withGrant(GRANT)).toBe(
      BLINK_TOKENS.replace('eyJ-refresh', 'new-refresh').replace(/'$/, "|oauth_client_id=ios'"),
    );
  });

  test.each([
    ['no prefix', "'a=b|refresh_token=r'"],
    ['no quotes', 'BLINK_TOKENS=a=b|refresh_token=r'],
    ['double quotes', 'BLINK_TOKENS="a=b|refresh_token=r"'],
    ['nothing but the token', 'refresh_token=r'],
    ['white space around it', "\n  BLINK_TOKENS='a=b|refresh_token=r'\n"],
    ['empty pairs and pairs without a value', '|refresh_token=r||lonely|'],
  ])('may have %s', (_, text) => {
    const session = parseStoredSession(text);
    expect(session.refreshToken).toBe('r');
    const again = parseStoredSession(session.withGrant(GRANT));
    expect([again.refreshToken, again.oauthClients[0]]).toEqual(['new-refresh', 'ios']);
    expect(session.withGrant(GRANT).match(/^\s*(BLINK_TOKENS=)?['"]?/)?.[0]).toBe(
      text.match(/^\s*(BLINK_TOKENS=)?['"]?/)?.[0],
    );
  });

  test.each([
    ['export', "export BLINK_TOKENS='a=b|refresh_token=TOK'"],
    ['export and double quotes', 'export  BLINK_TOKENS="a=b|refresh_token=TOK"\n'],
    ['export -p of Bash', 'declare -x BLINK_TOKENS="a=b|refresh_token=TOK"\n'],
    ['a comment after it', "BLINK_TOKENS='refresh_token=TOK' # of the garage\n"],
    ['a semicolon after it', "export BLINK_TOKENS='refresh_token=TOK'; # of the garage\n"],
    ['a comment after it, without quotes', 'BLINK_TOKENS=refresh_token=TOK # of the garage'],
    ['a line of Windows', 'A=1\r\nBLINK_TOKENS="refresh_token=TOK"\r\nB=2\r\n'],
    ['an env file', '# Blink\nOTHER=\'1\'\n\nBLINK_TOKENS=client_id=7|refresh_token=TOK\nLAST="2"\n'],
    [
      'a shell script',
      "#!/bin/sh\n# BLINK_TOKENS='x'\nexport A=1\n  export BLINK_TOKENS='refresh_token=TOK'\n./run\n",
    ],
  ])('is read from %s, and a save keeps the rest', (_, text) => {
    const session = parseStoredSession(text);
    expect(session.refreshToken).toBe('TOK');
    expect(session.withGrant(GRANT)).toBe(text.replace('=TOK', '=new-refresh|oauth_client_id=ios'));
  });

  test.each([
    ['another quoted word', "export BLINK_TOKENS='refresh_token=canary''|a=b'"],
    ['a command', "BLINK_TOKENS='refresh_token=canary' ./run"],
    ['two words without quotes', 'BLINK_TOKENS=refresh_token=canary |a=b'],
    ['no end of the quote', "export BLINK_TOKENS='refresh_token=canary\nOTHER=1\n"],
    ['the other quote', 'export BLINK_TOKENS=\'refresh_token=canary"\n'],
    ['an escaped quote', 'BLINK_TOKENS="refresh_token=canary\\"|a=b"'],
    ['a quote inside', "BLINK_TOKENS=refresh_token=canary'"],
    ['a quote at the end alone', "refresh_token=canary'"],
    ['another assignment on its line', "export A=1 BLINK_TOKENS='client_id=7|refresh_token=canary'"],
    ['a second assignment', "BLINK_TOKENS='refresh_token=a'\nBLINK_TOKENS='refresh_token=canary'"],
    ['a colon, as YAML has it', "BLINK_TOKENS: 'client_id=7|refresh_token=canary'"],
    ['spaces around the =', "BLINK_TOKENS = 'client_id=7|refresh_token=canary'"],
    ['the variable of PowerShell', '$env:BLINK_TOKENS="client_id=7|refresh_token=canary"'],
    ['the setenv of csh', "setenv BLINK_TOKENS 'client_id=7|refresh_token=canary'"],
  ])('is refused with %s', (_, text) => {
    expect(refusedText(text).code).toBe('session_invalid');
    expect(refusedText(text).message).not.toContain('canary');
  });

  test('has percent-encoded values, in which a plus is a plus and a later = belongs to the value', () => {
    expect(parseStoredSession('refresh_token=a%2Fb+c%7C==').refreshToken).toBe('a/b+c|==');
  });

  test('counts the last of several, and replaces them all', () => {
    const session = parseStoredSession('refresh_token=a|refresh_token=b');
    expect(session.refreshToken).toBe('b');
    expect(session.withGrant(GRANT)).toBe(
      'refresh_token=new-refresh|refresh_token=new-refresh|oauth_client_id=ios',
    );
  });

  test('does not take token= for refresh_token=, in either order', () => {
    expect(parseStoredSession('token=access|refresh_token=refresh').refreshToken).toBe('refresh');
    expect(parseStoredSession('refresh_token=refresh|token=access').refreshToken).toBe('refresh');
  });

  test('encodes the new token so that it can break neither the pairs nor the quotes', () => {
    const text = parseStoredSession("BLINK_TOKENS='refresh_token=r'").withGrant({
      refreshToken: 'a|b=c\'d"e%f+g',
      oauthClient: 'ios',
    });
    expect(text).toBe("BLINK_TOKENS='refresh_token=a%7Cb%3Dc%27d%22e%25f%2Bg|oauth_client_id=ios'");
    expect(parseStoredSession(text).refreshToken).toBe('a|b=c\'d"e%f+g');
  });

  test.each([
    ['refresh_token is missing', "BLINK_TOKENS='token=t'"],
    ['refresh_token is missing', 'BLINK_TOKENS='],
    ['refresh_token is empty', 'refresh_token='],
    ['refresh_token must be percent-encoded', 'refresh_token=canary%zz'],
    ['host must be percent-encoded', 'refresh_token=r|host=canary%'],
    ['must end with the quote', "BLINK_TOKENS='refresh_token=canary"],
    ['must end with the quote', 'BLINK_TOKENS="refresh_token=canary\''],
  ])('is refused because %s: %s', (fault, text) => {
    expect(refusedText(text)).toMatchObject({
      code: 'session_invalid',
      message: expect.stringContaining(fault),
    });
    expect(refusedText(text).message).not.toContain('canary');
  });

  test('may have a badly encoded password, which is not read', () => {
    const text = 'password=100%|refresh_token=r';
    expect(parseStoredSession(text).withGrant(GRANT)).toContain('password=100%|');
  });
});

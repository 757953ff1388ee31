import * as v from 'valibot';
import { tokenSchema } from '../../../lambda/core/blink/token.ts';
import { CommandError } from '../errors/command-error.ts';

/** The code, or why the address is unusable: then another one may be pasted. */
export type PastedAddress = { readonly code: string } | { readonly fault: string };

const WHOLE = 'Copy the whole address.';

/** RFC 6749 section 4.1.2.1. */
const ERRORS = [
  'access_denied',
  'invalid_request',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
  'unauthorized_client',
  'unsupported_response_type',
];

/**
 * Reads what a person has pasted in place of the address at the end of the sign-in. No part of it is ever shown. Compares
 * texts, not parsed URLs: a parser would accept many spellings of one address, and a browser shows only one.
 * @param callback the address without its query
 * @throws {CommandError} if Blink has ended the sign-in, or if the address is the end of another one
 */
export function parsePastedAddress(pasted: string, callback: string, expectedState: string): PastedAddress {
  const address = pasted.trim();
  const fault = faultOf(address, callback);
  if (fault !== undefined) return { fault };
  const query = new URLSearchParams(address.slice(callback.length + 1));
  const [state, ...otherStates] = query.getAll('state');
  const codes = query.getAll('code');
  const errors = query.getAll('error');
  if (state === undefined || otherStates.length > 0 || codes.length + errors.length !== 1) {
    return { fault: `Expected one code and one state in the address. ${WHOLE}` };
  }
  if (state !== expectedState) {
    if (!expectedState.startsWith(state)) throw otherSignIn();
    return { fault: `The end of the address is missing. ${WHOLE}` };
  }
  const [error] = errors;
  if (error !== undefined) throw refused(ERRORS.find((known) => known === error) ?? 'an unknown error');
  const code = v.safeParse(tokenSchema, codes[0]);
  return code.success
    ? { code: code.output }
    : { fault: `The code in the address is empty or malformed. ${WHOLE}` };
}

/** Somebody else may have started it (RFC 6749 section 10.12). */
function otherSignIn(): CommandError {
  return new CommandError('state_mismatch', 'This address is the end of another sign-in.', [
    'Nothing was sent. Run the command again, and use only the page that it opens.',
  ]);
}

function refused(error: string): CommandError {
  return new CommandError('sign_in_refused', `Blink ended the sign-in: ${error}.`, [
    'Run the command again.',
  ]);
}

function faultOf(address: string, callback: string): string | undefined {
  if (/[^\x21-\x7e]/.test(address)) return 'Paste one address, and nothing else.';
  if (!address.startsWith(`${callback}?`)) {
    return address.includes('/oauth/v2/')
      ? 'This is the address of a page before the end of the sign-in. Sign in there first.'
      : `Expected an address that starts with “${callback}?”. ${WHOLE}`;
  }
  if (address.includes('#')) return 'The address must not contain #.';
  return /%(?![0-9A-Fa-f]{2})/.test(address) ? `A % in the address is incomplete. ${WHOLE}` : undefined;
}

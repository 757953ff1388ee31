import * as v from 'valibot';

export const MAX_TOKEN_LENGTH = 8_192;

export const TOKEN_RULE = `must be 1 to ${MAX_TOKEN_LENGTH} printable ASCII characters without spaces`;

/**
 * Any token that is valid in a header and in a form (RFC 6749 appendix A.12 and A.17, without spaces). Quotes around it are
 * a typing error of a person.
 */
export const tokenSchema = v.pipe(
  v.string(TOKEN_RULE),
  v.regex(/^[\x21-\x7e]+$/, TOKEN_RULE),
  v.maxLength(MAX_TOKEN_LENGTH, TOKEN_RULE),
  v.regex(/^(?!(["'])[^"']+\1$)/, 'must be without the quotes around it'),
);

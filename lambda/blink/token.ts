import * as v from 'valibot';

export const TOKEN_RULE = 'must be 1 to 8192 printable ASCII characters without spaces';

/** Any token that can stand in a header and in a form (RFC 6749 appendix A.12 and A.17, without spaces). */
export const tokenSchema = v.pipe(v.string(TOKEN_RULE), v.regex(/^[\x21-\x7e]{1,8192}$/, TOKEN_RULE));

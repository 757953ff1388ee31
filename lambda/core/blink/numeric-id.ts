import * as v from 'valibot';

export const NUMERIC_ID_RULE = 'must be a number of 1 to 15 digits';

/** Blink's account and client ids: numbers or strings are accepted, and digits are returned. */
export const numericIdSchema = v.pipe(
  v.union([v.string(), v.number()], NUMERIC_ID_RULE),
  v.transform(String),
  v.regex(/^[1-9]\d{0,14}$/, NUMERIC_ID_RULE),
);

import * as v from 'valibot';

const TIER_RULE = 'must be a tier such as e008, or its host, such as e008.immedia-semi.com';

const TIER_OR_HOST = /^(?:https:\/\/)?(?:rest-)?([a-z0-9]{2,16})\.immedia-semi\.com$|^([a-z0-9]{2,16})$/;
const ASCII_UPPER_CASE = /[A-Z]/g;

/** The tier of Blink's REST host, in lower case: `e008` of `e008` or of `https://rest-e008.immedia-semi.com`. */
export const tierSchema = v.pipe(
  v.string(TIER_RULE),
  v.transform((text) => {
    // Only ASCII: `toLowerCase` would turn the Kelvin sign into a k.
    const folded = text.replace(ASCII_UPPER_CASE, (letter) => letter.toLowerCase());
    const [, ofHost, tier = ofHost] = TIER_OR_HOST.exec(folded) ?? [];
    return tier;
  }),
  v.string(TIER_RULE),
);

const TIER = /^[a-z0-9]{2,16}$/;
const HOST = /^(?:https:\/\/)?(?:rest-)?([a-z0-9]{2,16})\.immedia-semi\.com$/;
const ASCII_UPPER_CASE = /[A-Z]/g;

export const TIER_RULE = 'must be 2 to 16 letters or digits, such as e008';
export const HOST_RULE =
  'must be <tier>.immedia-semi.com or rest-<tier>.immedia-semi.com, such as e008.immedia-semi.com';

/** The tier in lower case, or `undefined` if the text is not a tier. */
export function parseTier(text: string): string | undefined {
  const folded = foldCase(text);
  return TIER.test(folded) ? folded : undefined;
}

/** `e008` of `e008.immedia-semi.com`, with or without `rest-` and `https://`. `undefined` for any other host. */
export function parseHost(text: string): string | undefined {
  return HOST.exec(foldCase(text))?.[1];
}

/** Only ASCII: `toLowerCase` would turn the Kelvin sign into a k. */
function foldCase(text: string): string {
  return text.replace(ASCII_UPPER_CASE, (letter) => letter.toLowerCase());
}

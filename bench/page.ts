const BEGIN = '<!-- benchmark: begin -->';
const END = '<!-- benchmark: end -->';

/** The page with what stands between its two marks replaced; the rest is written by hand. */
export function withResults(page: string, results: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page lacks ${BEGIN} … ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n${results}\n${page.slice(end)}`;
}

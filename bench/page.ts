/** Replaces one of the page's generated parts. The rest is written by hand. */
export function withPart(page: string, part: string, text: string): string {
  const marks = { begin: `<!-- ${part}: begin, by npm run bench -->`, end: `<!-- ${part}: end -->` };
  const begin = page.indexOf(marks.begin);
  const end = page.indexOf(marks.end);
  if (begin < 0 || end < begin) throw new Error(`the page lacks ${marks.begin} … ${marks.end}`);
  return `${page.slice(0, begin + marks.begin.length)}\n${text}\n${page.slice(end)}`;
}

import type { Target } from './target.ts';

/** As it can be pasted. */
export function commandLine({ place }: Target, ...words: readonly string[]): string {
  return ['npm run session --', ...words, ...place.options].join(' ');
}

/** What is missing, most likely, where a stand-in does not answer. */
export function startLocalRun({ place }: Target): string {
  const port = place.options.filter((option) => option !== '--local');
  return `Is the local run there? In another terminal: ${['npm start -- --serve', ...port].join(' ')}`;
}

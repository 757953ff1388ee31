import { readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Profile } from './sample.ts';

/** A package's share of the CPU time, without the code that it calls in other packages. */
export interface PackageShare {
  readonly name: string;
  readonly share: number;
}

const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)/;

/** @param file the bundle that was profiled, with its source map beside it */
export async function sharesByPackage(profile: Profile, file: string): Promise<readonly PackageShare[]> {
  const map = new SourceMap(JSON.parse(await readFile(`${file}.map`, 'utf8')));
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame, file, map)]));
  const took = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id);
    if (name === undefined) continue;
    took.set(name, (took.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const total = [...took.values()].reduce((sum, each) => sum + each, 0);
  return [...took].map(([name, each]) => ({ name, share: each / total })).sort((a, b) => b.share - a.share);
}

/** `undefined` for idle time. */
function nameOf(
  { functionName, url, lineNumber, columnNumber }: Profile['nodes'][number]['callFrame'],
  file: string,
  map: SourceMap,
): string | undefined {
  if (functionName === '(idle)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url.startsWith('node:')) return 'Node’s modules';
  if (url !== file && url !== pathToFileURL(file).href) return 'Node itself: sockets, TLS, cryptography';
  const entry = map.findEntry(lineNumber, columnNumber);
  const source = 'originalSource' in entry ? entry.originalSource : '';
  return (
    PACKAGE.exec(source)?.[1] ?? (source.startsWith('lambda/') ? 'the function’s sources' : 'the bundle')
  );
}

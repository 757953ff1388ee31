import { readFileSync } from 'node:fs';
import type { SourceMap } from 'node:module';

const POSITION = /\(?(\/[^()]*\.cjs):(\d+):(\d+)\)?$/;

/**
 * Maps stack frames of the bundle to positions in its sources. The source map is read only after an unexpected error:
 * Node's `--enable-source-maps` would read it in every cold start.
 */
export function withSourcePositions(frames: readonly string[]): readonly string[] {
  const maps = new Map<string, SourceMap | undefined>();
  return frames.map((frame) => {
    const [, file, line, column] = POSITION.exec(frame) ?? [];
    if (file === undefined) return frame;
    if (!maps.has(file)) maps.set(file, readMap(file));
    const origin = maps.get(file)?.findOrigin(Number(line), Number(column));
    return origin !== undefined && 'fileName' in origin
      ? `at ${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`
      : frame;
  });
}

function readMap(file: string): SourceMap | undefined {
  try {
    const { SourceMap } = process.getBuiltinModule('node:module');
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  } catch {
    return undefined;
  }
}

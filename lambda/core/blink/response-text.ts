export const MAX_TEXT_BYTES = 256 * 1024;

/**
 * The first 256 KiB of a response's text. Requests ask for no content coding, but a server may use one all the same,
 * whatever its headers say.
 */
export function decodedText(bytes: Buffer): string {
  const text = textOf(bytes);
  if (isWholeJson(text)) return text;
  // Loaded only here: it takes time in a cold start.
  const { unzipSync, brotliDecompressSync, zstdDecompressSync } = process.getBuiltinModule('node:zlib');
  for (const decode of [unzipSync, brotliDecompressSync, zstdDecompressSync]) {
    try {
      return textOf(decode(bytes, { maxOutputLength: MAX_TEXT_BYTES }));
    } catch {
      // It is in another coding, or in none.
    }
  }
  return text;
}

function textOf(bytes: Buffer): string {
  return bytes
    .subarray(0, MAX_TEXT_BYTES)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

/** Whether nothing is missing: JSON that is cut anywhere does not parse, if it is an object. */
export function isWholeJson(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null;
  } catch {
    return false;
  }
}

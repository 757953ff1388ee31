export const MAX_TEXT_BYTES = 256 * 1024;

/**
 * The first 256 KiB of a response's text. Requests ask for no content coding, but a server may use one all the same,
 * whatever its headers say.
 */
export function decodedText(bytes: Buffer): string {
  const text = textOf(bytes);
  if (isWholeJson(text)) return text;
  // Loaded only here: it takes time in a cold start.
  const { unzipSync, inflateRawSync, brotliDecompressSync, zstdDecompressSync, constants } =
    process.getBuiltinModule('node:zlib');
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = constants;
  const decoders = [
    [unzipSync, Z_SYNC_FLUSH],
    // Some servers send `deflate` without its zlib header (RFC 9110 section 8.4.1.2).
    [inflateRawSync, Z_SYNC_FLUSH],
    [brotliDecompressSync, BROTLI_OPERATION_FLUSH],
    [zstdDecompressSync, ZSTD_e_flush],
  ] as const;
  for (const [decode, finishFlush] of decoders) {
    try {
      // Data without its end is decoded as far as it has arrived.
      const decoded = textOf(decode(bytes, { maxOutputLength: MAX_TEXT_BYTES, finishFlush }));
      if (isWholeJson(decoded)) return decoded;
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

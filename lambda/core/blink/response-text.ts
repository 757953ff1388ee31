export const MAX_TEXT_BYTES = 256 * 1024;

/**
 * The first 256 KiB of a response's text. Requests ask for no content coding, but a server may use one all the same. It may
 * also announce another one, or one that it has not used: the text is what is whole JSON.
 */
export function decodedText(bytes: Buffer, contentEncoding: string | undefined): string {
  const text = textOf(bytes);
  if (!mayBeEncoded(bytes, contentEncoding)) return text;
  // Loaded only here: it takes time in a cold start.
  const { unzipSync, inflateRawSync, brotliDecompressSync, zstdDecompressSync, constants } =
    process.getBuiltinModule('node:zlib');
  const maxOutputLength = MAX_TEXT_BYTES;
  // Without an end of the data, what has arrived is decoded.
  const decoders = [
    () => unzipSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }),
    // Some servers send `deflate` without its zlib header (RFC 9110 section 8.4.1.2).
    () => inflateRawSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }),
    () => brotliDecompressSync(bytes, { maxOutputLength, finishFlush: constants.BROTLI_OPERATION_FLUSH }),
    () => zstdDecompressSync(bytes, { maxOutputLength, finishFlush: constants.ZSTD_e_flush }),
  ];
  for (const decode of decoders) {
    const decoded = textIfDecodable(decode);
    if (isWholeJson(decoded)) return decoded;
  }
  return text;
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);

function mayBeEncoded(bytes: Buffer, contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined || bytes.subarray(0, GZIP_MAGIC.length).equals(GZIP_MAGIC);
}

function textIfDecodable(decode: () => Buffer): string {
  try {
    return textOf(decode());
  } catch {
    return '';
  }
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

export const MAX_TEXT_BYTES = 256 * 1024;

/**
 * The first 256 KiB of a response's text. Requests ask for no content coding, but a server may use one all the same, or
 * announce one that it has not used.
 */
export function decodedText(bytes: Buffer, contentEncoding: string | undefined): string {
  const text = inflated(bytes, contentEncoding).subarray(0, MAX_TEXT_BYTES).toString('utf8');
  return text.replace(/^\uFEFF/, '');
}

function inflated(bytes: Buffer, contentEncoding: string | undefined): Buffer {
  const coding = contentEncoding?.trim().toLowerCase();
  if (coding !== 'gzip' && coding !== 'x-gzip' && coding !== 'deflate') return bytes;
  // Loaded only here: it takes time in a cold start.
  const zlib = process.getBuiltinModule('node:zlib');
  // Without an end of the data, what has arrived is decoded.
  const options = { maxOutputLength: MAX_TEXT_BYTES, finishFlush: zlib.constants.Z_SYNC_FLUSH };
  try {
    return zlib.unzipSync(bytes, options);
  } catch {
    return coding === 'deflate' ? rawInflated(bytes, options) : bytes;
  }
}

/** Some servers send `deflate` without its zlib header (RFC 9110 section 8.4.1.2). */
function rawInflated(bytes: Buffer, options: object): Buffer {
  try {
    return process.getBuiltinModule('node:zlib').inflateRawSync(bytes, options);
  } catch {
    return bytes;
  }
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

/**
 * In the place of the SDK's look whether a body is one of the web's streams: over node:https it never is. To ask for
 * `ReadableStream` makes Node load all of them.
 */

export function isReadableStream(): boolean {
  return false;
}

export function isBlob(): boolean {
  return false;
}

/** In the place of the SDK's look whether a request's body is a stream, which cannot be sent again: ours are all text. */
export function isStreamingPayload(): boolean {
  return false;
}

/**
 * The messages between the function's process (lambda-bootstrap.ts) and its parent (lambda-process.ts). Events and
 * payloads are JSON text, as in Lambda.
 */

/** Parent to process. */
export interface InvocationMessage {
  readonly requestId: string;
  readonly deadlineEpochMs: number;
  readonly functionArn: string;
  readonly event: string;
}

export function isInvocationMessage(message: unknown): message is InvocationMessage {
  return typeof message === 'object' && message !== null && 'requestId' in message && 'event' in message;
}

/** Written to stdout and stderr before each message, because a message may arrive before earlier output. */
export const END_OF_OUTPUT = '\0end of output';

/**
 * What the function's process (lambda-bootstrap.ts) and its parent (lambda-process.ts) say to each other. Events and
 * payloads travel as JSON text, as they do on the platform.
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

/** A failed invocation as its caller sees it. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** Process to parent. After `dying` it exits. */
export type RuntimeMessage =
  | { readonly kind: 'ready'; readonly initMs: number }
  | { readonly kind: 'returned'; readonly payload: string }
  | { readonly kind: 'failed' | 'dying'; readonly error: LambdaError };

/** Written to stdout and stderr ahead of every message, since a message may overtake what was printed before it. */
export const END_OF_OUTPUT = '\0end of output';

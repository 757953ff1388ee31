/**
 * In the place of the SDK's middleware that passes the trace id on to services that could invoke this function again:
 * Secrets Manager is none.
 */
export function getRecursionDetectionPlugin(): { readonly applyToStack: () => void } {
  return { applyToStack: () => undefined };
}

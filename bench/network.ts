/** How far away the services are (one round trip), and how long each works on a handshake or a request. */
export interface Delays {
  readonly blinkAwayMs: number;
  readonly blinkWorkMs: number;
  readonly secretsAwayMs: number;
  readonly secretsWorkMs: number;
}

export const DEFAULT_DELAYS: Delays = {
  blinkAwayMs: 80,
  blinkWorkMs: 60,
  secretsAwayMs: 2,
  secretsWorkMs: 6,
};

/** A call as the benchmark makes it: in a new process, with connections that are too old, or with open ones. */
export const CALLS = ['cold', 'idle', 'warm'] as const;
export type Call = (typeof CALLS)[number];

/** The waits on a call's critical path (test/lambda/critical-path.test.ts), as if no CPU were needed. */
export function limitMs(call: Call, delays: Delays): number {
  const secrets = delays.secretsAwayMs + delays.secretsWorkMs;
  const blink = delays.blinkAwayMs + delays.blinkWorkMs;
  // One round trip for TCP, and one answer of the service for TLS 1.3.
  const [secretsOpens, blinkOpens] =
    call === 'warm' ? [0, 0] : [delays.secretsAwayMs + secrets, delays.blinkAwayMs + blink];

  const read = secretsOpens + (call === 'cold' ? 2 : 1) * secrets; // cold: the webhook's key first
  const oauthOpen = (call === 'cold' ? 0 : read) + blinkOpens;
  const refreshed = Math.max(read + secrets, oauthOpen) + blink;
  const current = refreshed + 2 * secrets;
  const loggedOut = Math.max(current, read + blinkOpens) + blink;
  return loggedOut + secrets;
}

/** What of a cold call's limit is Blink's: a handshake and two requests. */
export function blinkMs({ blinkAwayMs, blinkWorkMs }: Delays): number {
  return blinkAwayMs + 3 * (blinkAwayMs + blinkWorkMs);
}

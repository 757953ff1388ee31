import * as v from 'valibot';

/** The round-trip time of each service, and the time that it takes for a handshake or a request. */
export const delaysSchema = v.object({
  blinkAwayMs: v.number(),
  blinkWorkMs: v.number(),
  secretsAwayMs: v.number(),
  secretsWorkMs: v.number(),
});
export type Delays = v.InferOutput<typeof delaysSchema>;

export const DELAYS: Delays = {
  blinkAwayMs: 80,
  blinkWorkMs: 60,
  secretsAwayMs: 2,
  secretsWorkMs: 6,
};

/** A call in a new process, with connections that are too old, or with open connections. */
export type Call = 'cold' | 'idle' | 'warm';

/** The sum of the waits on a call's critical path (test/lambda/critical-path.test.ts), without CPU time. */
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

/** The OAuth clients of Blink's own apps. */
const KNOWN = ['ios', 'android', 'amazon'] as const;

/**
 * OAuth client names in the order in which they are tried: the one that issued the refresh token where that is known,
 * else a guess by the hardware id, which sign-ins as `ios` have; then the others; the numeric client id last, which
 * BlinkMonitorProtocol sends and no working client does.
 */
export function oauthClientsInOrder({
  issuedTo,
  hardwareId,
  clientId,
}: {
  readonly issuedTo?: string | undefined;
  readonly hardwareId?: string | undefined;
  readonly clientId?: string | undefined;
}): readonly [string, ...string[]] {
  const first = issuedTo ?? (hardwareId === undefined ? 'android' : 'ios');
  const others = [...KNOWN, ...(clientId === undefined ? [] : [clientId])].filter((name) => name !== first);
  return [first, ...others];
}

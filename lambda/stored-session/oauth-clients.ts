/** The OAuth clients of Blink's own apps. */
const KNOWN = ['ios', 'android', 'amazon'] as const;

/**
 * OAuth client names in the order in which they are tried. The first is the one to which the refresh token was issued.
 * If that is unknown, it is a guess: sign-ins as `ios` have a hardware id. The numeric client id is last:
 * BlinkMonitorProtocol sends it, but no working client does.
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

/** Shows enough of a secret to distinguish two, and nothing of a short one. */
export function masked(secret: string): string {
  return secret.length < 24 ? '…' : `${secret.slice(0, 4)}…${secret.slice(-4)}`;
}

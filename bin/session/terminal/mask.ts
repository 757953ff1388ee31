/** Enough of a secret to tell two apart, and nothing of a short one. */
export function masked(secret: string): string {
  return secret.length < 24 ? '…' : `${secret.slice(0, 4)}…${secret.slice(-4)}`;
}

/** `a••@example.com`: what comes before the @ is seen by its length alone. */
export function maskedEmail(email: string): string {
  const at = email.indexOf('@');
  const hidden = at === -1 ? email.length : at;
  return email.slice(0, 1) + '•'.repeat(Math.max(0, hidden - 1)) + email.slice(hidden);
}

import { randomInt } from 'node:crypto';

const KINDS = [/[a-z]/, /[A-Z]/, /[0-9]/];
const CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A password of GetRandomPassword without punctuation, with at least one character of each kind. */
export function randomPassword(length: number): string {
  for (;;) {
    const password = Array.from({ length }, () => CHARACTERS[randomInt(CHARACTERS.length)]).join('');
    if (KINDS.every((kind) => kind.test(password))) return password;
  }
}

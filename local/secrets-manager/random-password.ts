import { randomInt } from 'node:crypto';

const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const NUMBERS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** A password of GetRandomPassword, with at least one character of each kind. */
export function randomPassword(length: number, excludePunctuation: boolean): string {
  const kinds = [LOWERCASE, UPPERCASE, NUMBERS, ...(excludePunctuation ? [] : [PUNCTUATION])];
  for (;;) {
    const password = Array.from({ length }, () => pick(kinds.join(''))).join('');
    if (kinds.every((kind) => [...kind].some((character) => password.includes(character)))) return password;
  }
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

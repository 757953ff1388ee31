import { expect, test } from 'vitest';
import { ExchangeError } from '../../../../lambda/core/blink/http-exchange.ts';
import { isInFlight } from '../../../../lambda/core/blink/retry.ts';

test.each([
  ['ECONNRESET', true],
  ['EPIPE', true],
  ['unknown', false],
])('a refresh that ended with %s is known to be over: %s', (code, isOver) => {
  const end = new ExchangeError('unanswered', code);
  expect(isInFlight(end)).toBe(!isOver);
});

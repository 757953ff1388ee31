import { describe, expect, test } from 'vitest';
import { CLAIM_LIFE_SECONDS } from '../../../lambda/core/claim-life.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import { FAILURES, type FailureCode } from '../../../lambda/core/failure-codes.ts';
import { httpProblem } from '../../../lambda/logout/reply.ts';

const codes: readonly FailureCode[] = Object.keys(FAILURES).filter(
  (code): code is FailureCode => code in FAILURES,
);
const retryAfter = (failure: Failure) => httpProblem(failure, 'r').headers['retry-after'];

describe('Retry-After', () => {
  test.each(codes)('of %s is the time that the failure states', (code) => {
    expect(retryAfter(new Failure(code, 'text', { retryAfterSeconds: 17 }))).toBe('17');
  });

  test('of session_busy is the life of a claim, if the failure states none', () => {
    expect(retryAfter(new Failure('session_busy', 'text'))).toBe(String(CLAIM_LIFE_SECONDS));
  });

  test.each(codes.filter((code) => code !== 'session_busy'))(
    'of %s is absent, if the failure states none',
    (code) => {
      expect(retryAfter(new Failure(code, 'text'))).toBeUndefined();
    },
  );
});

test('reauthentication_required is a permanent conflict, so that senders do not retry', () => {
  const { statusCode, headers, body } = httpProblem(new Failure('reauthentication_required', 'text'), 'r');
  expect(statusCode).toBe(409);
  expect(headers).not.toHaveProperty('retry-after');
  expect(JSON.parse(body)).toMatchObject({ status: 409, retryable: false });
});

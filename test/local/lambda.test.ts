import { afterEach, expect, test } from 'vitest';
import { Lambda } from '../../local/lambda.ts';
import type { FinishedInvocation } from '../../local/lambda-process.ts';
import { FIXTURE_FUNCTION } from './fixture-function.ts';

const lambda = new Lambda(FIXTURE_FUNCTION);

afterEach(() => lambda.kill());

function payloads(invocations: readonly FinishedInvocation[]): unknown[] {
  return invocations.map(({ result }) => (result.kind === 'returned' ? result.payload : result.error));
}

test('one call after the other is served by one process', async () => {
  const invocations = [await lambda.invoke({ do: 'count' }), await lambda.invoke({ do: 'count' })];
  expect(payloads(invocations)).toEqual([1, 2]);
});

test('calls at the same time are served by a process each', async () => {
  const invocations = await Promise.all([lambda.invoke({ do: 'count' }), lambda.invoke({ do: 'count' })]);
  expect(payloads(invocations)).toEqual([1, 1]);
  expect(invocations.map(({ start }) => start)).toEqual(['cold', 'cold']);
});

test('more calls than processes may be wait for their turn', async () => {
  const invocations = await Promise.all(Array.from({ length: 25 }, () => lambda.invoke({ do: 'count' })));
  expect(invocations.filter(({ start }) => start === 'cold')).toHaveLength(10);
  expect(invocations.every(({ result }) => result.kind === 'returned')).toBe(true);
});

test('a call after a crash is a cold start', async () => {
  await lambda.invoke({});
  await lambda.invoke({ do: 'exit', code: 1 });
  expect(await lambda.invoke({ do: 'count' })).toMatchObject({ start: 'cold', result: { payload: 1 } });
});

test('a call after all processes were killed is a cold start', async () => {
  await lambda.invoke({ do: 'count' });
  await lambda.kill();
  expect(await lambda.invoke({ do: 'count' })).toMatchObject({ start: 'cold', result: { payload: 1 } });
});

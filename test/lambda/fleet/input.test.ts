import { expect, test } from 'vitest';
import { matches } from '../../../lambda/core/session-name.ts';
import { executionName, STARTED } from '../../../lambda/fleet/execution-names.ts';
import { parseFleetInput } from '../../../lambda/fleet/input.ts';

test.each([
  ['nothing', {}],
  ['another word', { sessions: 'some' }],
  ['a name that no session has', { sessions: ['Garden'] }],
  ['a nested name', { sessions: ['eu/garden'] }],
  ['another field', { sessions: 'all', action: 'check' }],
  ['a time that is none', { sessions: 'all', scheduledAt: 'today' }],
  ['the console’s example', { key1: 'value1' }],
  ['a shard without sessions', { shard: [], stopsIfBlinkIsDown: true }],
])('%s is refused, with what is expected', (_, input) => {
  expect(() => parseFleetInput(input)).toThrow('expected {"sessions": "all"}');
});

test.each([
  ['*', ['a-1', 'a-2', 'a-2-2', 'b-1']],
  ['*-1', ['a-1', 'b-1']],
  ['a*1', ['a-1']],
  ['a-1*', ['a-1']],
  ['a-1*1', []],
  ['*a*-*2*', ['a-2', 'a-2-2']],
  ['a-', []],
  ['*-', []],
  ['a-*2', ['a-2', 'a-2-2']],
  ['a*2-2', ['a-2-2']],
  [`${'*a'.repeat(30)}*`, []],
])('the pattern %s', (pattern, sessions) => {
  expect(['a-1', 'a-2', 'a-2-2', 'b-1'].filter(matches(pattern))).toEqual(sessions);
});

test('the name of an execution is its schedule’s time, with at most 64 characters that Lambda accepts', () => {
  expect(executionName('blink-logout-fleet', 'scheduled', '2026-01-01T02:00:00Z')).toBe(
    'blink-logout-fleet-scheduled-20260101T020000Z',
  );
  const longest = executionName(`blink-logout-${'x'.repeat(51)}`, 'command', crypto.randomUUID());
  expect(longest).toMatch(/^[\w-]{1,64}$/);
  expect(longest).toMatch(STARTED);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generated } from '../../bin/docs.ts';

test.each([...generated()])('%s is as "npm run docs" writes it', (path, text) => {
  expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(text);
});

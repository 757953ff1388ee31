import { styleText } from 'node:util';
import { describe, expect, it } from 'vitest';
import { wrap } from '../../local/wrap.ts';

describe('a text in a terminal', () => {
  it('is broken at spaces, and each part keeps the indentation', () => {
    expect(wrap('  one two three\nfour five six', 10)).toBe('  one two\n  three\nfour five\nsix');
  });

  it('is not broken inside a command, so that it can be pasted', () => {
    expect(wrap('To see them all: bin/blink-logout list --failed', 30)).toBe(
      'To see them all:\nbin/blink-logout list --failed',
    );
  });

  it('keeps a word that is longer than the line, and the gaps of a table', () => {
    expect(wrap('a {"Effect":"Allow"} b', 8)).toBe('a\n{"Effect":"Allow"}\nb');
    expect(wrap('garden   ready', 20)).toBe('garden   ready');
  });

  it('is not measured with its colours', () => {
    const red = styleText('red', 'one two', { validateStream: false });
    expect(wrap(red, 7)).toBe(red);
  });
});

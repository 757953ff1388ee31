import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../bin/session/program.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { awsCall, optionsOf, words } from './aws-cli.ts';
import { blocksOf } from './markdown.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync(['docs/**/*.md', 'lib/README.md', 'test/proof/README.md'], { cwd: PROJECT }),
];

const read = (path: string) => readFileSync(join(PROJECT, path), 'utf8');
/** GitHub's anchor of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

describe.each(DOCUMENTS)('%s', (path) => {
  const page = read(path);
  const blocks = blocksOf(page, 'sh');
  const inline = [...page.matchAll(/`((?:np[mx]|bin\/blink-logout) [^`]+)`/g)].map(([, line = '']) => line);
  const lines = [...blocks.flatMap((block) => block.split('\n')), ...inline].map((line) =>
    line.replace(/^.*\| (?=npm|bin\/)/, ''),
  );
  const starting = (prefix: RegExp) => [...new Set(lines.filter((line) => prefix.test(line)))];
  const sessionCommand = /^(npm run (--silent )?session -- |bin\/blink-logout )/;

  test('has shell blocks that are valid shell', () => {
    for (const block of blocks) execFileSync('bash', ['-n'], { input: block });
  });

  test('names commands and options that exist', () => {
    for (const line of starting(sessionCommand)) {
      try {
        parseCommandLine(words(line.replace(sessionCommand, '')), { out: () => {} });
      } catch (error) {
        expect(error, line).toBeInstanceOf(CommanderError);
        expect(error, line).toMatchObject({ exitCode: 0 });
      }
    }
  });

  test('names scripts and programs that exist', () => {
    for (const line of starting(/^npm run /)) {
      expect(Object.keys(packageJson.scripts)).toContain(
        /^npm run (?:-s |--silent )?([\w-]+)/.exec(line)?.[1],
      );
    }
    for (const line of starting(/^npx /)) {
      expect(existsSync(join(PROJECT, 'node_modules/.bin', line.split(' ')[1] ?? '')), line).toBe(true);
    }
  });

  test('names operations and options of the AWS CLI', () => {
    for (const line of lines.filter((each) => /\baws [a-z0-9-]+ [a-z-]+ /.test(each))) {
      const { operation, options } = awsCall(line);
      expect(optionsOf(operation), line).toEqual(expect.arrayContaining([...options]));
    }
  });

  test('names tests that exist, and that name the promise that they prove', () => {
    const paths = globSync('test/**/*.test.ts', { cwd: PROJECT });
    const pathOf = (name: string) => paths.find((each) => each.endsWith(`/${name}`));
    for (const [, name = ''] of page.matchAll(/`([\w.-]+\.test\.ts)`/g))
      expect(pathOf(name), name).toBeDefined();
    for (const [, promise, name = ''] of page.matchAll(/"(promise \d+)" in `([\w.-]+)`/g)) {
      expect(read(pathOf(name) ?? '')).toMatch(new RegExp(`${promise}\\b`));
    }
  });

  test('names files that exist', () => {
    for (const [, file = ''] of page.matchAll(/`((?:bench|bin|docs|lambda|lib|local|test)\/[\w./-]+)`/g)) {
      expect(existsSync(join(PROJECT, file)), file).toBe(true);
    }
  });

  test('links to files and sections that exist', () => {
    for (const [, link = ''] of page.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : join(dirname(path), file);
      expect(existsSync(join(PROJECT, target)), link).toBe(true);
      if (anchor === undefined) continue;
      const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
      expect(headings.map(anchorOf), link).toContain(anchor);
    }
  });
});

describe('the runbook', () => {
  const [, , ...entries] = read('docs/runbook.md').split(/^## /m);

  test('says in each what it means, what was spent, what to do and how to verify', () => {
    for (const entry of entries) {
      const labels = [...entry.matchAll(/^\*\*([A-Z]\w+)\.\*\*/gm)].map(([, label]) => label);
      expect(labels, entry.split('\n')[0]).toEqual(['Means', 'Spent', 'Do', 'Verify']);
    }
  });

  test('sets the variables that its commands use', () => {
    const [, setUp = '', ...sections] = read('docs/runbook.md').split(/^## /m);
    const assigned = (text: string) =>
      [...text.matchAll(/(?:^|^export .*?)([A-Z_]+)=/gm)].map(([, name]) => name);
    for (const section of sections) {
      const known = [...assigned(setUp), ...assigned(section)];
      for (const block of blocksOf(section, 'sh')) {
        for (const [, name] of block.matchAll(/(?<!\\)\$([A-Z_]+)/g)) expect(known).toContain(name);
      }
    }
  });
});

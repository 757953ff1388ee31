import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import * as v from 'valibot';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

const manifestSchema = v.object({ name: v.string(), version: v.string(), license: v.string() });

/** The licences of the packages that are in the bundles, each text once, with the packages that it is for. */
export function thirdPartyNotices(metafiles: readonly Metafile[]): string {
  const packages = new Map<string, string[]>();
  for (const directory of packageDirectories(metafiles)) {
    const { name, version, license } = v.parse(
      manifestSchema,
      JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')),
    );
    const text = licenceText(directory) ?? `The package has no text of its licence, ${license}.`;
    packages.set(text, [...(packages.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const sections = [...packages].map(([text, names]) => `${names.sort().join('\n')}\n\n${text}\n`);
  return `The functions of blink-logout contain these packages.\n\n${sections.sort().join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function packageDirectories(metafiles: readonly Metafile[]): ReadonlySet<string> {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const directories = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return new Set(directories.sort().map((directory) => join(PROJECT, directory)));
}

/** With the NOTICE that Apache-2.0 asks to pass on, if there is one. */
function licenceText(directory: string): string | undefined {
  const texts = readdirSync(directory)
    .filter((file) => /^(licen[cs]e|notice)(\.(md|txt))?$/i.test(file))
    .sort()
    .map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return texts.length === 0 ? undefined : texts.join('\n\n');
}

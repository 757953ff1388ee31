import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunction } from '../lib/function-bundle.ts';
import { buildByDefault } from './default-build.ts';

const BASELINE = fileURLToPath(new URL('baseline/handler.ts', import.meta.url));

/** `control` is a copy of `this`: any difference between the two is noise. */
export type VariantName = 'this' | 'control' | 'baseline';

export interface Variant {
  readonly name: VariantName;
  /** Exports `handler`. */
  readonly file: string;
  /** Contains nearly all of the code. */
  readonly bundle: string;
}

/** @param directory outside the project, so that a built function finds no modules but its own, as on Lambda */
export async function buildVariants(directory: string): Promise<Readonly<Record<VariantName, Variant>>> {
  for (const name of ['this', 'control']) await buildFunction(join(directory, name));
  const built = (name: VariantName) => ({
    name,
    file: join(directory, name, 'init.mjs'),
    bundle: join(directory, name, 'handler.cjs'),
  });
  const baseline = await buildByDefault(BASELINE, join(directory, 'baseline'));
  return {
    this: built('this'),
    control: built('control'),
    baseline: { name: 'baseline', file: baseline, bundle: baseline },
  };
}

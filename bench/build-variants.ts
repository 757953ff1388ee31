import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildFunction } from '../lib/function-bundle.ts';
import { buildByDefault } from './default-build.ts';
import type { Variant, VariantName } from './variants.ts';

const HAND_SIGNED = fileURLToPath(new URL('hand-signed/handler.ts', import.meta.url));

const BASELINE = fileURLToPath(new URL('baseline/handler.ts', import.meta.url));

/** @param directory outside the project, so that a built function finds no modules but its own, as on the platform */
export async function buildVariants(directory: string): Promise<readonly Variant[]> {
  const at = (name: VariantName) => join(directory, name);

  await buildFunction(at('this'));
  await buildFunction(at('control'));
  await buildFunction(at('unprimed'), BASELINE);
  await build({
    entryPoints: [HAND_SIGNED],
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    outdir: at('floor'),
  });
  return [
    ...(['this', 'control', 'unprimed', 'floor'] as const).map((name) => ({
      name,
      file: join(at(name), 'handler.js'),
    })),
    { name: 'default', file: await buildByDefault(BASELINE, at('default')) },
  ];
}

import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import * as v from 'valibot';

/** Reads the output of `cdk synth`: a directory with one stack's template and a directory for each asset. */

const templateSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    Resources: v.record(v.string(), v.object({ Type: v.string(), Properties: v.optional(v.unknown(), {}) })),
  }),
);

type TemplateResources = v.InferOutput<typeof templateSchema>['Resources'];
type Resource<S extends v.GenericSchema> = { readonly id: string; readonly properties: v.InferOutput<S> };

export async function readResources(directory: string): Promise<Resources> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.template.json'));
  const template = await readFile(join(directory, only('template', files)), 'utf8');
  return new Resources(v.parse(templateSchema, template).Resources);
}

/** The directory that is uploaded as `<hash>.zip`. The CDK names it `asset.<hash>`. */
export function assetDirectory(directory: string, objectKey: string): string {
  return join(directory, `asset.${parse(objectKey).name}`);
}

/** A template's resources by type. Each is validated when it is read. */
export class Resources {
  readonly #resources: TemplateResources;

  constructor(resources: TemplateResources) {
    this.#resources = resources;
  }

  all<S extends v.GenericSchema>(type: string, schema: S): readonly Resource<S>[] {
    return Object.entries(this.#resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, { Properties }]) => {
        const parsed = v.safeParse(schema, Properties);
        if (parsed.success) return { id, properties: parsed.output };
        throw new Error(
          `${type} ${id} has properties that the local run does not support:\n${v.summarize(parsed.issues)}`,
        );
      });
  }

  only<S extends v.GenericSchema>(type: string, schema: S): Resource<S> {
    return only(type, this.all(type, schema));
  }
}

export function only<T>(what: string, candidates: readonly T[]): T {
  const [first, ...others] = candidates;
  if (first !== undefined && others.length === 0) return first;
  throw new Error(`expected one ${what}, found ${candidates.length}`);
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

/** The output of `cdk synth`: one stack's template and its assets. */
export interface CloudAssembly {
  readonly resources: Resources;
  /** The directory that is uploaded under this key. Absolute. */
  assetDirectory(objectKey: string): string;
}

const manifestSchema = v.object({
  artifacts: v.record(v.string(), v.object({ type: v.string(), properties: v.optional(v.unknown()) })),
});
const stackSchema = v.object({ templateFile: v.string() });
const assetManifestSchema = v.object({ file: v.string() });
const assetsSchema = v.object({
  files: v.record(
    v.string(),
    v.object({
      source: v.object({ path: v.string() }),
      destinations: v.record(v.string(), v.object({ objectKey: v.string() })),
    }),
  ),
});
const templateSchema = v.object({
  Resources: v.record(v.string(), v.object({ Type: v.string(), Properties: v.optional(v.unknown(), {}) })),
});

export async function readCloudAssembly(directory: string): Promise<CloudAssembly> {
  async function read<S extends v.GenericSchema>(file: string, schema: S): Promise<v.InferOutput<S>> {
    return v.parse(schema, JSON.parse(await readFile(join(directory, file), 'utf8')));
  }
  const { artifacts } = await read('manifest.json', manifestSchema);
  function artifact<S extends v.GenericSchema>(type: string, schema: S): v.InferOutput<S> {
    return v.parse(
      schema,
      only(
        type,
        Object.values(artifacts).filter((candidate) => candidate.type === type),
      ).properties,
    );
  }
  const { templateFile } = artifact('aws:cloudformation:stack', stackSchema);
  const { file: assetsFile } = artifact('cdk:asset-manifest', assetManifestSchema);
  const { Resources: resources } = await read(templateFile, templateSchema);
  const { files } = await read(assetsFile, assetsSchema);
  return {
    resources: new Resources(resources),
    assetDirectory(objectKey) {
      const fitting = Object.values(files).filter(({ destinations }) =>
        Object.values(destinations).some((destination) => destination.objectKey === objectKey),
      );
      return join(directory, only(`asset ${objectKey}`, fitting).source.path);
    },
  };
}

type TemplateResources = v.InferOutput<typeof templateSchema>['Resources'];
type Resource<S extends v.GenericSchema> = { readonly id: string; readonly properties: v.InferOutput<S> };

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

function only<T>(what: string, candidates: readonly T[]): T {
  const [first, ...others] = candidates;
  if (first !== undefined && others.length === 0) return first;
  throw new Error(`expected one ${what}, found ${candidates.length}`);
}

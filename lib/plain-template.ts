import * as v from 'valibot';
import { stringify } from 'yaml';

/** The functions' directories for `aws cloudformation package`, relative to the template. */
export const CODE = { logout: './functions/logout', fleet: './functions/fleet' };

/** What the CDK's metadata says is for the CDK alone. */
const resourceSchema = v.pipe(
  v.looseObject({ Type: v.string(), Properties: v.optional(v.looseObject({})) }),
  v.transform(({ Metadata: _, ...resource }) => {
    if (resource.Type !== 'AWS::Lambda::Function') return resource;
    const Code = resource.Properties?.['DurableConfig'] === undefined ? CODE.logout : CODE.fleet;
    return { ...resource, Properties: { ...resource.Properties, Code } };
  }),
);

/** Any other parameter or rule is an error, and is not dropped. */
const templateSchema = v.looseObject({
  Parameters: v.strictObject({ BootstrapVersion: v.unknown() }),
  Rules: v.strictObject({ CheckBootstrapVersion: v.unknown() }),
  Resources: v.record(v.string(), resourceSchema),
});

/**
 * The template without the parts for the CDK: the version of its bootstrap stack, the locations of its assets, and metadata. `aws
 * cloudformation package` uploads a local directory and writes its location into the template (AWS CLI Command Reference,
 * "package").
 */
export function plainTemplate(template: unknown): Readonly<Record<string, unknown>> {
  const { Parameters: _, Rules: __, ...rest } = v.parse(templateSchema, template);
  return rest;
}

/** In YAML 1.1, which the AWS CLI reads and in which more strings need quotes. */
export function toYaml(template: unknown): string {
  return stringify(plainTemplate(template), { version: '1.1' });
}

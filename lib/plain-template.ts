import * as v from 'valibot';
import { stringify } from 'yaml';

/** The function's directory for `aws cloudformation package`, relative to the template. */
export const CODE = './function';

const functionSchema = v.looseObject({
  Type: v.literal('AWS::Lambda::Function'),
  Properties: v.looseObject({ Code: v.unknown() }),
});

/** Any other parameter or rule is an error, and is not dropped. */
const templateSchema = v.looseObject({
  Parameters: v.strictObject({ BootstrapVersion: v.unknown() }),
  Rules: v.strictObject({ CheckBootstrapVersion: v.unknown() }),
  Resources: v.record(
    v.string(),
    v.union([
      v.pipe(
        functionSchema,
        v.transform((resource) => ({ ...resource, Properties: { ...resource.Properties, Code: CODE } })),
      ),
      v.unknown(),
    ]),
  ),
});

/**
 * The template without the parts for the CDK: the version of its bootstrap stack and the location of its asset. `aws
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

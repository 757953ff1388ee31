import * as v from 'valibot';

/** What a text contains, if that is JSON of this schema. */
export function jsonIn<Output>(text: unknown, schema: v.GenericSchema<unknown, Output>): Output | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return parsed.success ? parsed.output : undefined;
}

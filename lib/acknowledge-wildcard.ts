import { Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import * as v from 'valibot';

/**
 * Acknowledges cdk-nag's finding of a wildcard in the policies of a construct. The finding's id contains the resource as the stack
 * resolves it: with `<AWS::Region>` or with the Region.
 */
export function acknowledgeWildcard(scope: IConstruct, resource: string, reason: string): void {
  const flat = flattened(Stack.of(scope).resolve(resource));
  Validations.of(scope).acknowledge({ id: `AwsSolutions-IAM5[Resource::${flat}]`, reason });
}

const joinSchema = v.object({ 'Fn::Join': v.tuple([v.string(), v.array(v.unknown())]) });
const getAttSchema = v.object({ 'Fn::GetAtt': v.tuple([v.string(), v.string()]) });
const refSchema = v.object({ Ref: v.string() });

/** A resolved text as cdk-nag writes it: a reference becomes its target in angle brackets. */
function flattened(value: unknown): string {
  if (typeof value === 'string') return value;
  if (v.is(refSchema, value)) return `<${value.Ref}>`;
  if (v.is(getAttSchema, value)) return `<${value['Fn::GetAtt'].join('.')}>`;
  const [delimiter, parts] = v.parse(joinSchema, value)['Fn::Join'];
  return parts.map(flattened).join(delimiter);
}

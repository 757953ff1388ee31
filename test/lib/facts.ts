import type { Template } from 'aws-cdk-lib/assertions';
import { expect } from 'vitest';

interface Statement {
  readonly Effect: string;
  readonly Action: unknown;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Every action on every resource that a role's policies allow. */
export function rightsOf(template: Template, role: string): string[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'))
    .map(({ Properties }) => Properties)
    .filter(({ Roles }) => plain(Roles[0]) === role);
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .flatMap((statement: Statement) => {
      expect(statement.Effect).toBe('Allow');
      const condition = statement.Condition ? ` if ${JSON.stringify(plain(statement.Condition))}` : '';
      return [statement.Action]
        .flat()
        .flatMap((action) =>
          [statement.Resource].flat().map((resource) => `${action} on ${plain(resource)}${condition}`),
        );
    });
}

/** Each property of each resource, such as `LogoutFunction MemorySize: 512`, with references as in `rightsOf`. */
export function factsOf(template: Template): string[] {
  const resources: Readonly<Record<string, { readonly Properties?: object }>> =
    template.toJSON()['Resources'];
  return Object.entries(resources).flatMap(([id, { Properties }]) =>
    leavesOf(plain(Properties)).map((leaf) => `${withoutHash(id)} ${leaf}`),
  );
}

function leavesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`: ${value}`];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner).map((leaf) => (leaf.startsWith(':') ? `${key}${leaf}` : `${key}.${leaf}`)),
  );
}

/** Intrinsic functions as short text; a logical id without its hash. */
export function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const [[name, argument] = []] = Object.entries(value);
  switch (name) {
    case 'Ref':
      return argument.startsWith('AWS::') ? `<${argument}>` : withoutHash(argument);
    case 'Fn::GetAtt':
      return `${withoutHash(argument[0])}.${argument[1]}`;
    case 'Fn::Join':
      return argument[1].map(plain).join(argument[0]);
    default:
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}([0-9a-f]{32})?$/, '');
}

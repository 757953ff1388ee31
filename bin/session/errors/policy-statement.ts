import type { FailedCall } from './failed-calls.ts';

export interface PolicyStatement {
  readonly Effect: 'Allow';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

/** What a policy has to allow. */
export interface Permission {
  /** Such as `lambda:InvokeFunction`. */
  readonly action: string;
  /** Such as `function:name`. @default - the action accepts no resource */
  readonly resource?: string;
}

export function statementOf(permissions: readonly Permission[], region: string): PolicyStatement {
  const resources = permissions.map(({ action, resource }) => {
    const [service] = action.split(':');
    return resource === undefined ? '*' : `arn:${partitionOf(region)}:${service}:${region}:*:${resource}`;
  });
  return {
    Effect: 'Allow',
    Action: permissions.map(({ action }) => action),
    Resource: [...new Set(resources)],
  };
}

/** Allows a call to Secrets Manager. The name in a secret's ARN ends with a hyphen and six random characters. */
export function secretsStatement(call: FailedCall | undefined, region: string): PolicyStatement {
  const name = call?.secretName;
  const [stack, session] = name?.split('/') ?? [];
  const secret = session === undefined ? `${name}-??????` : `${stack}/*`;
  return {
    Effect: 'Allow',
    Action: call?.action ?? 'secretsmanager:*',
    Resource:
      name === undefined ? '*' : `arn:${partitionOf(region)}:secretsmanager:${region}:*:secret:${secret}`,
  };
}

/**
 * Allows what Secrets Manager does with a key on the caller's behalf (Secrets Manager User Guide, "Secret encryption and
 * decryption"). Without the key's ARN it allows that for all keys.
 */
export function kmsStatement(keyArn: string | undefined, region: string): PolicyStatement {
  const partition = partitionOf(region);
  const suffix = partition === 'aws-cn' ? '.cn' : '';
  return {
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
    Resource: keyArn ?? `arn:${partition}:kms:${region}:*:key/*`,
    Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com${suffix}` } },
  };
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

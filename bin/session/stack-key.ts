import { DescribeSecretCommand, type Tag } from '@aws-sdk/client-secrets-manager';
import { secretsManagerErrorName } from '../../lambda/core/vault/secrets-failure.ts';
import type { Target } from './target.ts';

export interface StackKey {
  /** `undefined` for the key of AWS, `aws/secretsmanager`. */
  readonly KmsKeyId: string | undefined;
  readonly Tags: Tag[];
}

/** The KMS key and the tags of the stack, which its sessions get, too: those of its webhook key's secret. */
export async function readStackKey({ client, webhookKeySecret }: Target): Promise<StackKey> {
  const { KmsKeyId, Tags = [] } = await client.send(
    new DescribeSecretCommand({ SecretId: webhookKeySecret }),
  );
  // Only AWS itself sets tags that begin so.
  return { KmsKeyId, Tags: Tags.filter(({ Key = '' }) => !/^aws:/i.test(Key)) };
}

/** For a new session. Without a stack, or without the permission to see them, there are none. */
export async function stackKey(target: Target): Promise<Partial<StackKey>> {
  try {
    return await readStackKey(target);
  } catch (error) {
    if (isAbsentOrDenied(error)) return {};
    throw error;
  }
}

/** Whether there is no such secret, or none that the caller may use. */
export function isAbsentOrDenied(error: unknown): boolean {
  const absentOrDenied = ['ResourceNotFoundException', 'AccessDeniedException'];
  return absentOrDenied.includes(secretsManagerErrorName(error));
}

import { DescribeSecretCommand, type Tag } from '@aws-sdk/client-secrets-manager';
import { secretsFailure, secretsManagerErrorName } from '../../lambda/core/vault/secrets-failure.ts';
import type { Target } from './target.ts';

export interface StackKey {
  /** `undefined` for the key of AWS, `aws/secretsmanager`. */
  readonly KmsKeyId: string | undefined;
  readonly Tags: Tag[];
}

/**
 * The KMS key and the tags of the stack, which its sessions get, too: those of its webhook key's secret. Without a stack, or without the
 * permission to see them, there are none.
 */
export async function stackKey({ client, webhookKeySecret }: Target): Promise<StackKey> {
  try {
    const { KmsKeyId, Tags = [] } = await client.send(
      new DescribeSecretCommand({ SecretId: webhookKeySecret }),
    );
    // Only AWS itself sets tags that begin so.
    return { KmsKeyId, Tags: Tags.filter(({ Key = '' }) => !/^aws:/i.test(Key)) };
  } catch (error) {
    const name = secretsManagerErrorName(error);
    if (name === 'ResourceNotFoundException' || name === 'AccessDeniedException') {
      return { KmsKeyId: undefined, Tags: [] };
    }
    throw secretsFailure(error);
  }
}

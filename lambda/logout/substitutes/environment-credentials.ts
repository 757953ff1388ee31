import { fromEnv } from '@aws-sdk/credential-provider-env';
import { memoize } from '@smithy/core/config';

/**
 * Replaces `@aws-sdk/credential-provider-node`, which searches nine sources. Lambda puts the role's credentials into the
 * environment (AWS Lambda Developer Guide, "Defined runtime environment variables"); the SDK's own provider reads them.
 */
export function defaultProvider(): ReturnType<typeof fromEnv> {
  return memoize(fromEnv());
}

import { fromEnv } from '@aws-sdk/credential-provider-env';
import { memoize } from '@smithy/core/config';

/**
 * In the place of the SDK's chain of nine credential sources: Lambda has its role's credentials in the environment
 * (AWS Lambda Developer Guide, "Defined runtime environment variables"), and the SDK's own provider reads them there.
 */
export function defaultProvider(): ReturnType<typeof fromEnv> {
  return memoize(fromEnv());
}

/**
 * In the place of the SDK's chain of nine credential sources: Lambda has its role's credentials in the environment
 * (AWS Lambda Developer Guide, "Defined runtime environment variables"), and the SDK's own provider reads them there.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';

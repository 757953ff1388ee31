import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A call to Secrets Manager, as a policy names it. */
export interface FailedCall {
  /** Such as `secretsmanager:PutSecretValue`. */
  readonly action: string;
  /** `undefined` where the call is about no secret in particular. */
  readonly secretName: string | undefined;
}

/** Remembers which call an error came from: the error itself says so in words alone. */
export class FailedCalls {
  readonly #byError = new WeakMap<object, FailedCall>();

  constructor(client: SecretsManagerClient) {
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async (args) => {
          try {
            return await next(args);
          } catch (error) {
            if (error instanceof Error) {
              const action = `secretsmanager:${commandName.replace(/Command$/, '')}`;
              this.#byError.set(error, { action, secretName: secretNameIn(args.input) });
            }
            throw error;
          }
        },
      { step: 'initialize', name: 'failedCalls' },
    );
  }

  /** Of an error or of what caused it. */
  of(error: unknown): FailedCall | undefined {
    if (!(error instanceof Error)) return undefined;
    return this.#byError.get(error) ?? this.of(error.cause);
  }
}

function secretNameIn(input: object): string | undefined {
  const name = 'SecretId' in input ? input.SecretId : 'Name' in input ? input.Name : undefined;
  return typeof name === 'string' ? name : undefined;
}

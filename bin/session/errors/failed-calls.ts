import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A call to Secrets Manager, with the name that IAM policies use. */
export interface FailedCall {
  /** Such as `secretsmanager:PutSecretValue`. */
  readonly action: string;
  /** `undefined` if the call concerns no single secret. */
  readonly secretName: string | undefined;
}

/** Keeps the call that caused an error. The error names it only in its message. */
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

  /** The call that caused the error or one of its causes. */
  of(error: unknown): FailedCall | undefined {
    if (!(error instanceof Error)) return undefined;
    return this.#byError.get(error) ?? this.of(error.cause);
  }
}

function secretNameIn(input: object): string | undefined {
  const name = 'SecretId' in input ? input.SecretId : 'Name' in input ? input.Name : undefined;
  return typeof name === 'string' ? name : undefined;
}

import { memoize } from '@smithy/core/config';

interface Selectors<T> {
  readonly environmentVariableSelector: (environment: NodeJS.ProcessEnv, options?: object) => T | undefined;
  readonly default: T | (() => Promise<T>);
}

/**
 * In the place of the SDK's configuration from the environment, from `~/.aws`, or by default: without `~/.aws`, which a
 * function does not have. As there, a variable that its selector cannot take counts for nothing.
 */
export function loadConfig<T>(selectors: Selectors<T>, options?: object): () => Promise<T> {
  return memoize(async () => fromEnvironment(selectors, options) ?? byDefault(selectors.default));
}

function fromEnvironment<T>({ environmentVariableSelector }: Selectors<T>, options?: object): T | undefined {
  try {
    return environmentVariableSelector(process.env, options);
  } catch {
    return undefined;
  }
}

function byDefault<T>(value: T | (() => Promise<T>)): T | Promise<T> {
  return value instanceof Function ? value() : value;
}

import { REGION } from './account.ts';
import type { DeployedFunction } from './deployment.ts';

/**
 * A function's environment variables: those of the template, overridden by those of the caller, and the runtime's (AWS
 * Lambda Developer Guide, "Defined runtime environment variables"). Of this machine's variables, only `PATH` is passed on.
 */
export function lambdaEnvironment(
  fn: DeployedFunction,
  overrides: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...fn.environment,
    ...overrides,
    _HANDLER: fn.handler,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_ACCESS_KEY_ID: 'ASIALOCALLOCALLOCAL0',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    LAMBDA_TASK_ROOT: fn.assetDirectory,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    HOME: '/home/sbx_user1051',
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
  };
}

import * as v from 'valibot';
import type { Target } from '../target.ts';
import { CommandError } from './command-error.ts';
import { explainCredentials } from './explain-credentials.ts';
import { startLocalRun } from './explain-secrets.ts';
import { type Permission, statementOf } from './policy-statement.ts';

export interface AwsService {
  /** Such as `Step Functions`. */
  readonly name: string;
  /** What IAM must allow the person. */
  readonly permissions: readonly Permission[];
}

/** A failed call to a service other than Secrets Manager. */
export class AwsFailure extends Error {
  readonly service: AwsService;

  constructor(service: AwsService, cause: unknown) {
    super(`${service.name} could not be used`, { cause });
    this.service = service;
  }
}

/** Calls a service. Throws `AwsFailure`. */
export async function calling<T>(service: AwsService, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new AwsFailure(service, error);
  }
}

const awsErrorSchema = v.object({ name: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,64}$/)) });

export function awsErrorName(error: unknown): string {
  const parsed = v.safeParse(awsErrorSchema, error);
  return parsed.success ? parsed.output.name : 'Error';
}

export async function explainAws(failure: AwsFailure, target: Target): Promise<CommandError> {
  const { service, cause } = failure;
  const name = awsErrorName(cause);
  const region = await target.place.region();
  // AWS JSON has `AccessDeniedException`, the query protocol `AccessDenied`, and Amazon SNS `AuthorizationError`.
  if (/^(AccessDenied|AuthorizationError)/.test(name)) {
    const actions = service.permissions.map(({ action }) => action);
    return new CommandError(
      'access_denied',
      `AWS does not allow you one of: ${actions.join(', ')} (${region}).`,
      [
        'This statement in your IAM policy would allow it:',
        JSON.stringify(statementOf(service.permissions, region)),
      ],
      failure,
    );
  }
  const told = (code: string, message: string, advice: string) =>
    new CommandError(code, message, [advice], failure);
  const credentials = explainCredentials(failure, name, target.place.options);
  if (credentials !== undefined) return credentials;
  if (/^Throttling/.test(name)) {
    return told('aws_unavailable', `${service.name} is busy (${name}).`, 'Try again in a minute.');
  }
  if (target.place.kind === 'local') {
    return told('network', `The local ${service.name} does not answer.`, startLocalRun(target));
  }
  return told(
    'aws_unavailable',
    `${service.name} could not be used (${name}).`,
    `Check the network connection and the AWS Region: ${region}`,
  );
}

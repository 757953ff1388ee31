import * as v from 'valibot';
import { Failure } from '../failure.ts';

const awsErrorSchema = v.object({ name: v.pipe(v.string(), v.regex(/^[A-Za-z]{1,64}$/)) });

/** The error's name as in Secrets Manager's API reference, or `Error`. */
export function secretsManagerErrorName(error: unknown): string {
  const parsed = v.safeParse(awsErrorSchema, error);
  return parsed.success ? parsed.output.name : 'Error';
}

/** The failure for a failed call to Secrets Manager. It contains the error's name; the message stays in `cause`. */
export function secretsFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const awsError = secretsManagerErrorName(error);
  const details = { awsError, cause: error };
  switch (awsError) {
    case 'ResourceNotFoundException':
      return new Failure(
        'session_unknown',
        'there is no secret of this session, or it has no value yet',
        details,
      );
    case 'InvalidRequestException':
      return new Failure(
        'session_invalid',
        'Secrets Manager does not allow this on the secret: it is scheduled for deletion, or another service manages it',
        details,
      );
    case 'LimitExceededException':
      return new Failure('secret_full', 'the secret has no room for another version', {
        retryAfterSeconds: 3600,
        ...details,
      });
  }
  return isReplica(error)
    ? new Failure('session_invalid', replicaMessage(error), details)
    : new Failure('secrets_unavailable', `Secrets Manager could not be used (${awsError})`, details);
}

/** "A replica secret can't be updated independently from its primary secret" (Secrets Manager User Guide, "Replicate secrets"). */
function isReplica(error: unknown): error is Error {
  return (
    error instanceof Error && error.name === 'InvalidParameterException' && /\breplica/i.test(error.message)
  );
}

function replicaMessage({ message }: Error): string {
  const [region] = /\b[a-z]{2}(?:-[a-z]+)+-\d\b/.exec(message) ?? [];
  const primary = region === undefined ? 'its primary Region' : `its primary Region ${region}`;
  return `the secret is a replica, which cannot be written: use the stack in ${primary}, or promote the secret`;
}

export function disagreement(): Failure {
  return new Failure('secrets_unavailable', 'Secrets Manager’s answers do not agree yet');
}

/** Another try would fail for the same cause. */
export function isDefinite(error: unknown): boolean {
  return error instanceof Failure && (error.code !== 'secrets_unavailable' || isAccessDenied(error));
}

/** IAM or the key's policy denied the call. */
export function isAccessDenied(error: unknown): error is Failure {
  return error instanceof Failure && error.details.awsError === 'AccessDeniedException';
}

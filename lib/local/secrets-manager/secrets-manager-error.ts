import type { Answer } from '../loopback-server.ts';

/** An error as Secrets Manager names it. */
export class SecretsManagerError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** Errors with the member `message`, from the layer in front of the service. The service's own errors have `Message`. */
const LOWER_CASE = new Set([
  'ThrottlingException',
  'ValidationException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'UnknownOperationException',
  'SerializationException',
]);

/** An error on the wire: AWS JSON 1.1, status 400 unless the fault is the server's. */
export function errorAnswer(name: string, message: string): Answer {
  return {
    status: name === 'InternalServiceError' ? 500 : 400,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: name, [LOWER_CASE.has(name) ? 'message' : 'Message']: message }),
  };
}

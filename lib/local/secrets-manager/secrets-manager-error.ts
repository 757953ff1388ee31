import type { Answer } from '../loopback-server.ts';

/** An error as Secrets Manager names it. */
export class SecretsManagerError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** The service's own errors spell `Message`, those of the layer before it `message`. */
const SPELT_SMALL = new Set([
  'ThrottlingException',
  'ValidationException',
  'MissingAuthenticationTokenException',
  'UnrecognizedClientException',
  'UnknownOperationException',
  'SerializationException',
]);

/** An error on the wire: AWS JSON 1.1, status 400 unless the fault is the server's. */
export function errorAnswer(name: string, message: string): Answer {
  return {
    status: name === 'InternalServiceError' ? 500 : 400,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: name, [SPELT_SMALL.has(name) ? 'message' : 'Message']: message }),
  };
}

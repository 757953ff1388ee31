import type { Answer } from '../loopback-server.ts';

/** An error as Step Functions names it. */
export class StepFunctionsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** An error on the wire: AWS JSON 1.0. */
export function stepFunctionsErrorAnswer(name: string, message: string = name): Answer {
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: JSON.stringify({ __type: name, message }),
  };
}

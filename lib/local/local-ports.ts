/** The ports of the local run: the webhook's, and after it those of the stand-ins and of Lambda's API. */
export interface LocalPorts {
  readonly httpApi: number;
  readonly secretsManager: number;
  readonly blink: number;
  readonly lambdaApi: number;
}

/** The default of `npm start -- --serve`. */
export const SERVE_PORT = 8585;

export function localPorts(first: number): LocalPorts {
  return { httpApi: first, secretsManager: first + 1, blink: first + 2, lambdaApi: first + 3 };
}

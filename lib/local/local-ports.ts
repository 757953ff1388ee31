/** The ports of the local run: the webhook's, and after it those of the stand-ins and of Lambda's API. */
export interface LocalPorts {
  readonly httpApi: number;
  readonly secretsManager: number;
  readonly blink: number;
  readonly lambdaApi: number;
  readonly stepFunctions: number;
}

/** The default of `npm start -- --serve`. */
export const SERVE_PORT = 8585;

/** The highest port of which all the others exist. */
export const HIGHEST_FIRST_PORT = 65_531;

export function localPorts(first: number): LocalPorts {
  return {
    httpApi: first,
    secretsManager: first + 1,
    blink: first + 2,
    lambdaApi: first + 3,
    stepFunctions: first + 4,
  };
}

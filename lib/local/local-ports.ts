/** Where the local run listens: the first port is the webhook's, and those of what it stands for follow. */
export interface LocalPorts {
  readonly httpApi: number;
  readonly secretsManager: number;
  readonly blink: number;
  readonly lambdaApi: number;
}

/** What `npm start -- --serve` takes where no port is given. */
export const SERVE_PORT = 8585;

export function localPorts(first: number): LocalPorts {
  return { httpApi: first, secretsManager: first + 1, blink: first + 2, lambdaApi: first + 3 };
}

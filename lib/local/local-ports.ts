/** Where the local run listens: the first port is the webhook's, and the stand-ins have those that follow. */
export interface LocalPorts {
  readonly httpApi: number;
  readonly secretsManager: number;
  readonly blink: number;
}

/** What `npm start -- --serve` takes where no port is given. */
export const SERVE_PORT = 8585;

export function localPorts(first: number): LocalPorts {
  return { httpApi: first, secretsManager: first + 1, blink: first + 2 };
}

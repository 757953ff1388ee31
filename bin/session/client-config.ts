import type { Target } from './target.ts';

/** For the clients of other services: the credentials and the Region of the target's own client. */
export function clientConfig({ client }: Target) {
  const { region, credentials } = client.config;
  return { region, credentials };
}

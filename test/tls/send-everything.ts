import { Browser } from '../../bin/session/sign-in/browser.ts';
import { createHttpExchange } from '../../lambda/core/blink/http-exchange.ts';
import { Connections } from '../../lambda/core/connections/connections.ts';
import { secretsManagerClient, secretsManagerStore } from '../../lambda/core/vault/secrets-manager.ts';

/** A process for one test: tries every way to Blink and to Secrets Manager at each endpoint. */
const url = new URL('https://api.oauth.blink.com/oauth/token');
const signInUrl = new URL('/oauth/v2/signin', url);
const request = { method: 'GET', url, headers: { Authorization: 'canary' }, timeoutMs: 5_000 } as const;

for (const endpoint of process.argv.slice(2)) {
  const exchange = createHttpExchange(new Connections(endpoint));
  const openedAhead = new Connections(endpoint);
  const client = secretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
  });
  await exchange(request);
  openedAhead.open(url);
  await createHttpExchange(openedAhead)(request);
  await new Browser(exchange).submit(signInUrl, { password: 'canary' }).catch(() => undefined);
  await secretsManagerStore(client, 'blink-logout/')
    .readCurrent('default')
    .catch(() => undefined);
}
process.exit();

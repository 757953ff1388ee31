import { submitPassword } from '../../bin/session/sign-in/submit-password.ts';
import { createHttpExchange } from '../../lambda/core/blink/http-exchange.ts';
import { addressOf, blinkConnections } from '../../lambda/core/connections/blink-connections.ts';
import { secretsManagerClient, secretsManagerStore } from '../../lambda/core/vault/secrets-manager.ts';

/** A process for one test: tries every way to Blink and to Secrets Manager, and prints how each ends. */
const [, , endpoint = ''] = process.argv;
const url = new URL('https://api.oauth.blink.com/oauth/token');
const request = { method: 'GET', url, headers: { Authorization: 'canary' }, timeoutMs: 5_000 } as const;

const openedAhead = blinkConnections(endpoint);
const client = secretsManagerClient({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
});

const ways = {
  exchange: () => createHttpExchange(endpoint)(request),
  openedAhead: () => {
    openedAhead.open(addressOf(url, endpoint));
    return createHttpExchange(endpoint, openedAhead)(request);
  },
  submitPassword: () =>
    submitPassword(
      { exchange: createHttpExchange(endpoint), userAgent: 'Blink' },
      { email: 'canary', password: 'canary', hardwareId: 'A' },
    ),
  secretsManager: () => secretsManagerStore(client, 'blink-logout/').readCurrent('default'),
};

for (const [way, send] of Object.entries(ways)) {
  const end = await send().then(
    () => 'answered',
    () => 'refused',
  );
  console.log(way, end);
}
process.exit();

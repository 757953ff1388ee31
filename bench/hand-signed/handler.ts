import { randomUUID } from 'node:crypto';
import { post, secretsManager } from './signed-request.ts';

/**
 * The floor: the calls that the function makes for a logout, in their order, signed by hand. No SDK, no check of any
 * answer, no retry, nothing promised. It exists to be measured.
 */

interface Stored {
  readonly refresh_token: string;
  readonly account_id: number;
  readonly client_id: string;
  readonly host: string;
}

const KEY = 'blink-logout-webhook-key';

let key: string | undefined;

export async function handler(event: {
  readonly session?: string;
  readonly headers?: object;
}): Promise<object> {
  if (event.headers !== undefined && key === undefined) {
    const stages = ['AWSCURRENT', 'AWSPREVIOUS'].map((VersionStage) =>
      secretsManager('GetSecretValue', { SecretId: KEY, VersionStage }).catch(() => '{}'),
    );
    const [current = '{}'] = await Promise.all(stages);
    key = JSON.parse(current).SecretString;
  }
  const SecretId = `blink-logout/${event.session ?? 'default'}`;
  const [text] = await Promise.all([
    secretsManager('GetSecretValue', { SecretId }),
    secretsManager('ListSecretVersionIds', { SecretId, IncludeDeprecated: true, MaxResults: 100 }),
  ]);
  const value = JSON.parse(text);
  const stored: Stored = JSON.parse(value.SecretString);
  await put(SecretId, { claimedBy: randomUUID() });

  const form = `grant_type=refresh_token&refresh_token=${stored.refresh_token}&client_id=ios&scope=client`;
  const grant = JSON.parse(
    await blink('api.oauth.blink.com', '/oauth/token', 'application/x-www-form-urlencoded', {}, form),
  );
  const saved = await put(SecretId, { ...stored, refresh_token: grant.refresh_token });
  await move(SecretId, 'AWSCURRENT', { RemoveFromVersionId: value.VersionId, MoveToVersionId: saved });
  const { message } = JSON.parse(
    await blink(
      stored.host.replace(/^(rest-)?/, 'rest-'),
      `/api/v4/account/${stored.account_id}/client/${stored.client_id}/logout`,
      'application/json',
      { authorization: `Bearer ${grant.access_token}` },
      '',
    ),
  );
  await move(SecretId, 'BLINK_LOGGED_OUT', { MoveToVersionId: saved });
  return { outcome: 'logged_out', message };
}

async function put(SecretId: string, content: object): Promise<string> {
  const ClientRequestToken = randomUUID();
  const VersionStages = ['BLINK_LOGOUT_CLAIM'];
  const SecretString = JSON.stringify(content);
  await secretsManager('PutSecretValue', { SecretId, ClientRequestToken, SecretString, VersionStages });
  return ClientRequestToken;
}

function move(SecretId: string, VersionStage: string, versions: object): Promise<string> {
  return secretsManager('UpdateSecretVersionStage', { SecretId, VersionStage, ...versions });
}

function blink(
  host: string,
  path: string,
  contentType: string,
  headers: Record<string, string>,
  body: string,
): Promise<string> {
  const url = new URL(path, process.env['BLINK_ENDPOINT']);
  return post(url, { host, 'content-type': contentType, 'user-agent': 'Blink', ...headers }, body);
}

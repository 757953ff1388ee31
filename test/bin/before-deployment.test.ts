import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { linesBeforeDeployment } from '../../bin/before-deployment.ts';

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  const missing = join(tmpdir(), 'blink-logout-no-such-file');
  vi.stubEnv('AWS_CONFIG_FILE', missing);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', missing);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});

describe('before a deployment', () => {
  it('missing credentials stop it, with the ways to get some', async () => {
    await expect(linesBeforeDeployment('garden', {}, { region: 'eu-central-1' })).rejects.toMatchObject({
      code: 'no_credentials',
      advice: expect.arrayContaining(['Sign in: aws sso login', 'Or set up keys: aws configure']),
    });
  });

  it('a missing Region stops it', async () => {
    await expect(linesBeforeDeployment('garden', {}, {})).rejects.toMatchObject({
      code: 'no_region',
      advice: expect.arrayContaining(['Or name it: --region eu-central-1']),
    });
  });

  it('a stack that cannot be read for another reason does not stop it', async () => {
    vi.stubEnv('AWS_DEFAULT_REGION', 'eu-central-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    vi.stubEnv('AWS_ENDPOINT_URL_CLOUDFORMATION', 'http://127.0.0.1:9');
    const [heading] = await linesBeforeDeployment('garden', { name: 'garden' }, {});
    expect(heading).toContain('The deployed settings are unknown: the stack could not be read');
  });
});

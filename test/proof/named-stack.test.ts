import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startLoopbackServer } from '../../local/loopback-server.ts';
import { startSecretsManager } from '../../local/secrets-manager/start-secrets-manager.ts';
import { RUNS_AWS_CLI } from '../docs/aws-cli.ts';
import { blocksOf, sectionOf } from '../docs/markdown.ts';

/** CloudFormation's query protocol: the first answer to a description is that the stack is gone. */
const GONE = {
  status: 400,
  headers: { 'content-type': 'text/xml' },
  body: '<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id garden does not exist</Message></Error></ErrorResponse>',
};
const DELETED = {
  status: 200,
  headers: { 'content-type': 'text/xml' },
  body: '<DeleteStackResponse><ResponseMetadata/></DeleteStackResponse>',
};

it.runIf(RUNS_AWS_CLI)(
  'the lines of the CHANGELOG move the sessions of a named stack',
  { timeout: 60_000 },
  async () => {
    const [lines = ''] = blocksOf(
      sectionOf('CHANGELOG.md', 'Upgrade from 0.2.0 with the setting `name`'),
      'sh',
    );
    const secretsManager = await startSecretsManager();
    const order: string[] = [];
    const cloudFormation = await startLoopbackServer({}, async ({ body }) => {
      order.push(/Action=(\w+)/.exec(String(body))?.[1] ?? '', String(secretsManager.calls.length));
      return { answer: String(body).includes('Action=DeleteStack') ? DELETED : GONE };
    });
    const texts = { default: "BLINK_TOKENS='refresh_token=y'" };
    for (const [session, text] of Object.entries(texts))
      secretsManager.secrets.create(`garden/${session}`, text);
    secretsManager.secrets.create('gardens/other', 'z');

    const cwd = mkdtempSync(join(tmpdir(), 'blink-logout-upgrade-'));
    await promisify(execFile)('bash', ['-euc', lines], {
      cwd,
      env: {
        PATH: process.env['PATH'],
        AWS_ENDPOINT_URL_CLOUDFORMATION: cloudFormation.url,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsManager.url,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    });
    expect(existsSync(join(cwd, 'session.txt'))).toBe(false);
    rmSync(cwd, { recursive: true });
    await Promise.all([cloudFormation.close(), secretsManager.close()]);

    // No token is read before the old stack is gone.
    expect(order).toEqual(['DeleteStack', '0', 'DescribeStacks', '0']);
    for (const [session, text] of Object.entries(texts)) {
      expect(secretsManager.secrets.find(`blink-logout-garden/${session}`).version({}).text?.trim()).toBe(
        text,
      );
      expect(() => secretsManager.secrets.find(`garden/${session}`)).toThrow('marked for deletion');
    }
    expect(secretsManager.secrets.find('gardens/other').version({}).text).toBe('z');
  },
);

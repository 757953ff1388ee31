import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { RUNS_AWS_CLI } from '../../docs/aws-cli.ts';
import { session, sessionForEachTest } from './session-under-test.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

sessionForEachTest();
beforeEach(() => session.store('{"refresh_token":"x"}', 'garden'));

describe('remove', () => {
  it('deletes the secret with a recovery window of 30 days, and reports how to restore it', async () => {
    const { exitCode, stdout } = await session.run('remove garden --yes');
    expect([exitCode, session.blink.calls]).toEqual([0, []]);
    const inAMonth = new Date(Date.now() + 30 * DAY_MS).toISOString().slice(0, 10);
    expect(stdout).toContain(`blink-logout/garden is deleted for good on ${inAMonth}`);
    expect(stdout).toContain('aws secretsmanager restore-secret --secret-id blink-logout/garden');
    expect(await session.run('logout garden')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('marked for deletion'),
    });
  });

  it.runIf(RUNS_AWS_CLI)('reports a line that restores it for a person without credentials', async () => {
    const { stdout } = await session.run('remove garden --yes');
    const [line = ''] = /aws secretsmanager restore-secret .*/.exec(stdout) ?? [];
    const env = {
      PATH: process.env['PATH'],
      AWS_CONFIG_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    await promisify(execFile)('sh', ['-c', line], { env });
    expect((await session.run('check garden')).exitCode).toBe(0);
  });

  it('deletes it at once with --now', async () => {
    const { stdout } = await session.run('remove garden --yes --now --json');
    expect(JSON.parse(stdout)).toMatchObject({ session: 'garden', recoverable: false });
    expect(await session.run('check garden')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('no session named garden'),
    });
  });

  it.each([
    ['garden', 'only with --yes'],
    ['nope --yes', 'no session named nope'],
  ])('deletes nothing: remove %s', async (options, words) => {
    const ran = await session.run(`remove ${options}`);
    expect(ran).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(words) });
    expect(session.stored('garden').labels).toContain('AWSCURRENT');
  });
});

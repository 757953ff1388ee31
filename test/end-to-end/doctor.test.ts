import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { main } from '../../bin/session/main.ts';
import { signIn } from '../../local/local-session.ts';
import { LOCAL_ACCOUNTS, LOCAL_SESSIONS } from '../../local/local-sessions.ts';
import { type LocalStack, startLocalStack } from '../../local/local-stack.ts';
import { freePort } from '../free-port.ts';

let port: number;
let stack: LocalStack;

beforeAll(async () => {
  port = await freePort();
  stack = await startLocalStack({ assembly: inject('assembly'), accounts: LOCAL_ACCOUNTS, port });
});
afterAll(() => stack.close());

async function doctorOfLocalRun() {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printed = text(stdout);
  const words = ['doctor', '--local', '--port', String(port)];
  const exitCode = await main(words, { stdin: Readable.from([]), stdout, stderr });
  stdout.end();
  return { exitCode, lines: (await printed).trimEnd().split('\n') };
}

it('doctor --local checks the local run, and reports each fault', async () => {
  const noSession = await doctorOfLocalRun();
  expect(noSession).toEqual({
    exitCode: 0,
    lines: [
      '– function  There is no session that the function could read.',
      '✓ webhook   The webhook refuses strangers (401) and accepts the key.',
      '– sessions  There are no sessions yet.',
      expect.stringContaining('sign-in --local'),
    ],
  });

  signIn(stack, LOCAL_SESSIONS.default);
  const healthy = await doctorOfLocalRun();
  expect(healthy.lines.join('\n')).not.toContain(stack.authorization.replace('Bearer ', ''));
  expect(healthy.exitCode).toBe(0);
  expect(healthy.lines).toContain('✓ function  The function can read the session default.');
  expect(healthy.lines).toContain('✓ sessions  The session does not need you.');

  await stack.close();
  const stopped = await doctorOfLocalRun();
  expect(stopped.exitCode).toBe(1);
  expect(stopped.lines.filter((line) => line.startsWith('✗'))).toHaveLength(2);
  expect(stopped.lines.filter((line) => line.includes(`npm start -- --serve --port ${port}`))).toHaveLength(
    2,
  );
});

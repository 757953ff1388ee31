import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { signIn } from '../../../bin/session/commands/sign-in.ts';
import { openTarget } from '../../../bin/session/target.ts';
import { Interruption } from '../../../bin/session/terminal/interruption.ts';
import type { Questions } from '../../../bin/session/terminal/questions.ts';
import { Terminal } from '../../../bin/session/terminal/terminal.ts';
import { CODE, EMAIL, PASSWORD, type SessionUnderTest, startSessionUnderTest } from './session-under-test.ts';

let session: SessionUnderTest;

beforeEach(async () => {
  session = await startSessionUnderTest();
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => session.close());

it('another code is asked for once Blink sends one, and not before', async () => {
  const passwords = () => session.blink.calls.filter(({ action }) => action === 'sign-in').length;
  const seen: number[] = [];
  const answers = [
    () => undefined,
    () => {
      vi.advanceTimersByTime(60_000);
      return undefined;
    },
    () => CODE,
  ];
  const questions: Questions = {
    fromScript: false,
    address: () => Promise.reject(new Error('asks for no address')),
    email: async () => EMAIL,
    password: async () => PASSWORD,
    async code() {
      seen.push(passwords());
      return answers.shift()?.();
    },
    confirm: async () => false,
    choose: () => Promise.reject(new Error('asks for no choice')),
    close: () => {},
  };
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const target = await openTarget(
    { local: true, port: String(session.port) },
    {
      onSaveRetry: () => {},
      onCall: () => {},
    },
  );
  const terminal = new Terminal(streams, false);
  const interruption = new Interruption(terminal);
  const exitCode = await signIn({ terminal, target, questions, interruption }, 'default', {
    password: true,
    open: false,
  });
  interruption.close();

  expect(exitCode).toBe(0);
  expect(seen).toEqual([1, 1, 2]);
  expect(String(streams.stderr.read())).toContain('another code in 60 s');
});

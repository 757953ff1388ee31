import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Certificate } from './certificate.ts';
import type { Delays } from './network.ts';

export const WEBHOOK_KEY = 'k'.repeat(64);

const PROCESS = fileURLToPath(new URL('stand-ins-process.ts', import.meta.url));

const urlsSchema = v.object({ secretsManagerUrl: v.string(), blinkUrl: v.string() });

/** Secrets Manager and Blink over TLS, in their own process, so that their CPU time is not part of the function's. */
export class StandIns {
  readonly secretsManagerUrl: string;
  readonly blinkUrl: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, urls: v.InferOutput<typeof urlsSchema>) {
    this.#process = process;
    this.secretsManagerUrl = urls.secretsManagerUrl;
    this.blinkUrl = urls.blinkUrl;
  }

  static async start({ key, cert }: Certificate, delays: Delays): Promise<StandIns> {
    const child = fork(PROCESS, [JSON.stringify({ key, cert, delays })]);
    const [urls] = await once(child, 'message');
    return new StandIns(child, v.parse(urlsSchema, urls));
  }

  /** Replaces these sessions by new ones. */
  async signIn(...sessions: readonly string[]): Promise<void> {
    const done = once(this.#process, 'message');
    this.#process.send(sessions);
    await done;
  }

  stop(): void {
    this.#process.disconnect();
  }
}

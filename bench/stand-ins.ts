import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Certificate } from './certificate.ts';
import { type StandInsAnswer, type StandInsQuestion, standInsAnswerSchema } from './stand-ins-protocol.ts';

const PROCESS = fileURLToPath(new URL('stand-ins-process.ts', import.meta.url));

type Answer<Kind extends StandInsAnswer['kind']> = Extract<StandInsAnswer, { kind: Kind }>;

/** The stand-ins, seen from the benchmark. */
export class StandIns {
  readonly secretsManagerUrl: string;
  readonly blinkUrl: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, { secretsManagerUrl, blinkUrl }: Answer<'ready'>) {
    this.#process = process;
    this.secretsManagerUrl = secretsManagerUrl;
    this.blinkUrl = blinkUrl;
  }

  static async start({ key, cert }: Certificate): Promise<StandIns> {
    const process = fork(PROCESS, { env: { TLS_KEY: key, TLS_CERT: cert } });
    return new StandIns(process, await heard(process, 'ready'));
  }

  /** Signs these sessions in anew, and counts calls from here. */
  async signIn(...sessions: readonly string[]): Promise<void> {
    await this.#ask({ ask: 'sign in', sessions: [...sessions] }, 'done');
  }

  /** As somebody who calls Blink without us would have it. */
  refreshToken(): Promise<Answer<'token'>> {
    return this.#ask({ ask: 'refresh token' }, 'token');
  }

  /** Requests that came in at or after this moment of the wall clock. */
  calls(sinceMs: number): Promise<Answer<'calls'>> {
    return this.#ask({ ask: 'calls', sinceMs }, 'calls');
  }

  stop(): void {
    this.#process.disconnect();
  }

  async #ask<Kind extends StandInsAnswer['kind']>(
    question: StandInsQuestion,
    kind: Kind,
  ): Promise<Answer<Kind>> {
    const answer = heard(this.#process, kind);
    this.#process.send(question);
    return answer;
  }
}

async function heard<Kind extends StandInsAnswer['kind']>(
  process: ChildProcess,
  kind: Kind,
): Promise<Answer<Kind>> {
  const [message] = await once(process, 'message');
  const answer = v.parse(standInsAnswerSchema, message);
  if (!isOfKind(answer, kind)) throw new Error(`the stand-ins said ${answer.kind}`);
  return answer;
}

function isOfKind<Kind extends StandInsAnswer['kind']>(
  answer: StandInsAnswer,
  kind: Kind,
): answer is Answer<Kind> {
  return answer.kind === kind;
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import type { Certificate } from './certificate.ts';
import type { Delays } from './network.ts';
import {
  type StandInsAnswer,
  type StandInsQuestion,
  type Start,
  standInsAnswerSchema,
  type Wait,
} from './stand-ins-protocol.ts';

const PROCESS = fileURLToPath(new URL('stand-ins-process.ts', import.meta.url));

type Answer<Kind extends StandInsAnswer['kind']> = Extract<StandInsAnswer, { kind: Kind }>;

/** The stand-ins, in their own process. */
export class StandIns {
  readonly secretsManagerUrl: string;
  readonly blinkUrl: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, { secretsManagerUrl, blinkUrl }: Answer<'ready'>) {
    this.#process = process;
    this.secretsManagerUrl = secretsManagerUrl;
    this.blinkUrl = blinkUrl;
  }

  /** @param delays of the network before them. @default - none */
  static async start({ key, cert }: Certificate, delays?: Delays): Promise<StandIns> {
    const start: Start = { key, cert, delays };
    const process = fork(PROCESS, [JSON.stringify(start)]);
    return new StandIns(process, await heard(process, 'ready'));
  }

  /** Replaces these sessions by new ones, and clears the records. */
  async signIn(...sessions: readonly string[]): Promise<void> {
    await this.#ask({ ask: 'sign in', sessions: [...sessions] }, 'done');
  }

  /** Handshakes and requests since the last sign-in. Empty without delays. */
  async recorded(): Promise<readonly Wait[]> {
    return (await this.#ask({ ask: 'recorded' }, 'recorded')).waits;
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
  if (!isOfKind(answer, kind)) throw new Error(`the stand-ins answered ${answer.kind}`);
  return answer;
}

function isOfKind<Kind extends StandInsAnswer['kind']>(
  answer: StandInsAnswer,
  kind: Kind,
): answer is Answer<Kind> {
  return answer.kind === kind;
}

import type { Streams } from './terminal.ts';

/** What a command may ask a person, or a script by the lines that it pipes in. Answers are shown to nobody. */
export interface Questions {
  readonly fromScript: boolean;
  email(): Promise<string>;
  password(): Promise<string>;
  /** `undefined` where another code is wanted. */
  code(sentBy: string): Promise<string | undefined>;
  /** Resolves once it was answered with yes. A script is never asked. */
  confirm(question: string): Promise<boolean>;
  /** Nothing more will be asked. */
  close(): void;
}

export async function questionsOn(streams: Streams): Promise<Questions> {
  if (streams.stdin.isTTY) return (await import('./prompts.ts')).prompts(streams);
  return (await import('./piped-lines.ts')).pipedLines(streams.stdin);
}

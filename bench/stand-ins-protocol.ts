import * as v from 'valibot';

/** What the benchmark asks its stand-ins, one question at a time, and what they say. */

export const WEBHOOK_KEY = 'k'.repeat(64);

export const standInsQuestionSchema = v.variant('ask', [
  v.object({ ask: v.literal('sign in'), sessions: v.array(v.string()) }),
  v.object({ ask: v.literal('refresh token') }),
  v.object({ ask: v.literal('calls'), sinceMs: v.number() }),
]);
export type StandInsQuestion = v.InferOutput<typeof standInsQuestionSchema>;

export const standInsAnswerSchema = v.variant('kind', [
  v.object({ kind: v.literal('ready'), secretsManagerUrl: v.string(), blinkUrl: v.string() }),
  v.object({ kind: v.literal('done') }),
  v.object({ kind: v.literal('token'), token: v.string(), clientId: v.number(), accountId: v.number() }),
  v.object({ kind: v.literal('calls'), secretsManager: v.number(), blink: v.number() }),
]);
export type StandInsAnswer = v.InferOutput<typeof standInsAnswerSchema>;

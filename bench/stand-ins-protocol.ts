import * as v from 'valibot';

/** The messages between the benchmark and its stand-ins. The benchmark sends one question at a time. */

export const WEBHOOK_KEY = 'k'.repeat(64);

const delaysSchema = v.object({
  blinkAwayMs: v.number(),
  blinkWorkMs: v.number(),
  secretsAwayMs: v.number(),
  secretsWorkMs: v.number(),
});

export const startSchema = v.object({ key: v.string(), cert: v.string(), delays: v.optional(delaysSchema) });
export type Start = v.InferOutput<typeof startSchema>;

export const standInsQuestionSchema = v.variant('ask', [
  v.object({ ask: v.literal('sign in'), sessions: v.array(v.string()) }),
  v.object({ ask: v.literal('recorded') }),
]);
export type StandInsQuestion = v.InferOutput<typeof standInsQuestionSchema>;

/** A handshake or a request, timed by the wall clock at the function's end of the network. */
const waitSchema = v.object({ what: v.string(), host: v.string(), fromMs: v.number(), toMs: v.number() });
export type Wait = v.InferOutput<typeof waitSchema>;

export const standInsAnswerSchema = v.variant('kind', [
  v.object({ kind: v.literal('ready'), secretsManagerUrl: v.string(), blinkUrl: v.string() }),
  v.object({ kind: v.literal('done') }),
  v.object({ kind: v.literal('recorded'), waits: v.array(waitSchema) }),
]);
export type StandInsAnswer = v.InferOutput<typeof standInsAnswerSchema>;

import { distance } from 'fastest-levenshtein';
import { LOCK_SECONDS } from '../../../lambda/core/blink/blink-failure.ts';
import { CLAIM_LIFE_SECONDS } from '../../../lambda/core/claim-life.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import { sessionSecrets } from '../session-secrets.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { CommandError } from './command-error.ts';
import { awsErrorIn, explainAws, localRunAdvice } from './explain-aws.ts';

/** How many names of sessions an error shows. */
const NEAREST = 5;

/** Until then, a run that has ended without a report may hold the session. */
export const AFTER_THIS_RUN = duration(CLAIM_LIFE_SECONDS * 1000);

export const MAY_HAVE_CHANGED =
  'Try again later. If it persists, Blink may have changed its API, which is not public.';

/** Explains a failure and what to do next. Of external texts, it contains only AWS's messages. */
export async function explain(error: unknown, target: Target, session: string): Promise<CommandError> {
  if (error instanceof CommandError) return error;
  const awsError = awsErrorIn(error);
  const secretName = target.sessionSecret(session);
  if (!(error instanceof Failure)) {
    return awsError === undefined ? unexpected(error) : explainAws(awsError, target, secretName);
  }
  const { code, details } = error;
  if (code === 'session_unknown') return unknownSession(error, target, session);
  if (details.blinkStatus === 406 || details.blinkStatus === 429) return blocked(details.blinkStatus, error);
  const advice = adviceOn(error, target, session);
  if (advice === undefined) return unexpected(error);
  const own = new CommandError(code, sentence(error.message), advice, error);
  if (awsError === undefined || code === 'secret_full') return own;
  const cause = await explainAws(awsError, target, secretName);
  // AWS does not say what can be done about a replica, or a secret of another service.
  if (code === 'session_invalid' && cause.code === 'aws_failed') return own;
  if (code !== 'save_failed') return cause;
  // A passing fault has the advice to try again, which the next lines replace.
  const ofCause = cause.code === 'aws_failed' ? [] : cause.advice;
  return new CommandError(code, own.message, [cause.message, ...ofCause, ...advice], error);
}

/** `undefined` for what should not happen. */
function adviceOn(failure: Failure, target: Target, session: string): readonly string[] | undefined {
  const { code, details } = failure;
  const signIn = target.commandLine('sign-in', session);
  const tryAgain = `Try again in ${duration((failure.retryAfterSeconds ?? CLAIM_LIFE_SECONDS) * 1000)}.`;
  switch (code) {
    case 'session_invalid':
      return [
        'Nothing was spent.',
        `Correct the secret by hand, or sign in again: ${signIn}`,
        `If it is the journal, first: ${target.commandLine('remove', session, '--now')}`,
      ];
    // If a newer sign-in came between refresh and save, an older token was spent.
    case 'session_busy':
      return [tryAgain];
    case 'cooling_down':
    case 'secret_full':
      return ['Nothing was spent.', tryAgain];
    case 'reauthentication_required':
      return [`Sign in: ${signIn}`];
    case 'save_failed':
      return failure.retryable
        ? [`Run the command again in ${AFTER_THIS_RUN}: it uses the new token, which is stored.`]
        : [
            `Wait ${AFTER_THIS_RUN}. Then see whether the token is lost: ${target.commandLine('check', session)}`,
            `If it is, sign in: ${signIn}`,
          ];
    case 'blink_timeout':
      return [`Try again in ${AFTER_THIS_RUN}.`];
    case 'blink_unavailable':
      return unavailableAdvice(failure, target);
    case 'blink_rejected':
      switch (details.blinkStatus) {
        case 404:
          return [
            `To see the account’s clients: ${target.commandLine('clients', session)}`,
            `If the client of ${session} itself was removed, nothing is left to log out until you sign in again: ${signIn}`,
          ];
        case 426:
          return [
            'Blink requires a newer version of its app than blink-logout names. Update blink-logout.',
            'For the function, you can also set "blinkUserAgent": see "blink_rejected" in docs/runbook.md.',
          ];
        default:
          return [MAY_HAVE_CHANGED];
      }
    case 'secrets_unavailable':
      return ['Try again.'];
    // Of the function alone, or explained before.
    case 'request_invalid':
    case 'unauthenticated':
    case 'forbidden':
    case 'not_found':
    case 'method_not_allowed':
    case 'request_too_large':
    case 'session_unknown':
    case 'rate_limited':
    case 'internal_error':
      return undefined;
    default:
      return code satisfies never;
  }
}

export function blocked(blinkStatus: number, failure: Failure, ...advice: readonly string[]): CommandError {
  const { retryAfterSeconds = LOCK_SECONDS } = failure.details;
  return new CommandError(
    'blocked_by_blink',
    `Blink is refusing requests from this machine (status ${blinkStatus}).`,
    [
      `Wait ${duration(retryAfterSeconds * 1000)} before you try again: each attempt may extend the block.`,
      ...advice,
    ],
    failure,
  );
}

/** A secret without a value, a misspelled name, or a session that there never was. */
async function unknownSession(cause: Failure, target: Target, session: string): Promise<CommandError> {
  const secrets = await sessionSecrets(target).catch(() => []);
  const names = secrets.map((secret) => secret.session);
  const hasSecret = names.includes(session);
  const nearest = names.toSorted((a, b) => distance(session, a) - distance(session, b)).slice(0, NEAREST);
  return new CommandError(
    'session_unknown',
    hasSecret ? `The secret of ${session} has no value yet.` : `There is no session named ${session}.`,
    [
      hasSecret || nearest.length === 0
        ? `Sign in: ${target.commandLine('sign-in', session)}`
        : `The nearest of all sessions: ${nearest.join(', ')}. To see all: ${target.commandLine('list')}`,
    ],
    cause,
  );
}

function unavailableAdvice({ details }: Failure, { local }: Target): readonly string[] {
  if (details.blinkStatus !== undefined) return ['Try again later.'];
  return local !== undefined ? localRunAdvice(local) : ['Check the network connection and try again.'];
}

/** Shows the stack only, as the message may contain anything, also what looks like frames. */
function unexpected(cause: unknown): CommandError {
  const stack = cause instanceof Error ? (cause.stack ?? '').replace(cause.message, '') : '';
  const frames = (stack.match(/^ +at .*$/gm) ?? []).map((frame) => frame.trim());
  return new CommandError('internal_error', 'Internal error: this is a bug in this tool.', frames, cause);
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

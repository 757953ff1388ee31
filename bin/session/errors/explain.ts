import { distance } from 'fastest-levenshtein';
import { Failure } from '../../../lambda/core/failure.ts';
import { sessionNames } from '../session-secrets.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { CommandError } from './command-error.ts';
import { awsErrorIn, explainAws, startLocalRun } from './explain-aws.ts';

/** How many names of sessions an error shows. */
const NEAREST = 5;

/** Explains a failure and what to do next. Of external texts, it contains only AWS's messages. */
export async function explain(error: unknown, target: Target, session: string): Promise<CommandError> {
  if (error instanceof CommandError) return error;
  const awsError = awsErrorIn(error);
  if (!(error instanceof Failure)) {
    return awsError === undefined ? unexpected(error) : explainAws(awsError, target);
  }
  const { code, details } = error;
  const told = (message: string, ...advice: string[]) => new CommandError(code, message, advice, error);
  const signIn = `Sign in: ${target.commandLine('sign-in', session)}`;

  const hasSection = code === 'session_unknown' || code === 'secret_full' || code === 'save_failed';
  if (awsError !== undefined && !hasSection)
    return explainAws(awsError, target, target.sessionSecret(session));
  if (details.blinkStatus === 406 || details.blinkStatus === 429) return blocked(details.blinkStatus, error);
  switch (code) {
    case 'session_unknown':
      return told(`There is no session named ${session}.`, await known(target, session), signIn);
    case 'session_invalid':
      return told(
        `${sentence(error.message)} Nothing was spent.`,
        `Correct the secret by hand, or sign in again. ${signIn}`,
      );
    case 'session_busy':
    case 'rate_limited':
    case 'cooling_down':
    case 'secret_full': {
      const wait = details.retryAfterSeconds;
      return wait === undefined
        ? told(sentence(error.message), 'Try again in a minute.')
        : told(`${sentence(error.message)} Nothing was spent.`, `Try again in ${duration(wait * 1000)}.`);
    }
    case 'reauthentication_required':
      return told(sentence(error.message), signIn);
    case 'save_failed': {
      const cause = awsError && (await explainAws(awsError, target));
      return told(
        sentence(error.message),
        ...(cause === undefined ? [] : [cause.message, ...cause.advice]),
        error.retryable
          ? 'Run the command again in two minutes: it uses the stored token.'
          : `The session is lost. ${signIn}`,
      );
    }
    case 'blink_timeout':
      return told(sentence(error.message), 'Try again in a minute.');
    case 'blink_unavailable':
      if (details.blinkStatus !== undefined) return told(sentence(error.message), 'Try again later.');
      return target.place.kind === 'local'
        ? told(sentence(error.message), startLocalRun(target))
        : told(sentence(error.message), 'Check the network connection and try again.');
    case 'blink_rejected':
      if (details.blinkStatus === 404) {
        return told(
          sentence(error.message),
          'Blink has no such client on this account: it was removed, or it belongs to another account.',
        );
      }
      return details.blinkStatus === 426
        ? told('Blink requires a newer version of the app than this tool imitates.', 'Update this tool.')
        : told(
            sentence(error.message),
            'Try again later. If it persists, Blink may have changed its API, which is not public.',
          );
    case 'secrets_unavailable':
      return told(sentence(error.message), 'Try again.');
    default:
      return unexpected(error);
  }
}

export function blocked(blinkStatus: number, cause?: unknown): CommandError {
  return new CommandError(
    'blocked_by_blink',
    `Blink is refusing requests from this machine (status ${blinkStatus}).`,
    ['Wait an hour before you try again: each attempt extends the block.'],
    cause,
  );
}

/** All sessions, or of many those with the nearest names. */
async function known(target: Target, session: string): Promise<string> {
  try {
    const names = await sessionNames(target);
    if (names.length === 0) return 'There are no sessions yet.';
    if (names.length <= NEAREST) return `Sessions: ${names.join(', ')}.`;
    const nearest = names.toSorted((a, b) => distance(session, a) - distance(session, b)).slice(0, NEAREST);
    return `The nearest of ${names.length} sessions: ${nearest.join(', ')}. To see all: ${target.commandLine('list')}`;
  } catch (error) {
    if (error instanceof Failure) return 'The sessions could not be listed.';
    throw error;
  }
}

/** Shows the stack only, as the message may contain anything. */
function unexpected(cause: unknown): CommandError {
  const frames = cause instanceof Error ? (cause.stack?.match(/^ +at .*$/gm) ?? []) : [];
  return new CommandError(
    'internal_error',
    'Internal error: this is a bug in this tool.',
    frames.slice(0, 5).map((frame) => frame.trim()),
    cause,
  );
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

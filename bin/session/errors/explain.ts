import { Failure } from '../../../lambda/failure.ts';
import { commandLine, startLocalRun } from '../command-line.ts';
import { sessionNames } from '../session-secrets.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { CommandError } from './command-error.ts';
import { explainSecrets } from './explain-secrets.ts';

/**
 * A failure in a person's words, with what to do next. Nothing of it is foreign text: codes, names and numbers are checked
 * before they are told.
 */
export async function explain(error: unknown, target: Target, session: string): Promise<CommandError> {
  if (error instanceof CommandError) return error;
  if (error instanceof Error && error.name === 'ExitPromptError') {
    return new CommandError('interrupted', 'Stopped. Nothing was changed.');
  }
  if (!(error instanceof Failure)) return unexpected(error);
  const { code, details } = error;
  const told = (message: string, ...advice: string[]) => new CommandError(code, message, advice, error);
  const signIn = `Sign in: ${commandLine(target, 'sign-in', session)}`;

  if (details.awsError !== undefined && code !== 'session_unknown' && code !== 'too_many_logouts') {
    return explainSecrets(error, target);
  }
  if (details.blinkStatus === 406 || details.blinkStatus === 429) return blocked(details.blinkStatus, error);
  switch (code) {
    case 'session_unknown':
      return told(`There is no session named ${session}.`, await known(target), signIn);
    case 'session_invalid':
      return told(
        `${sentence(error.message)} Nothing was spent.`,
        `Mend it by hand, or begin anew. ${signIn}`,
      );
    case 'session_busy':
    case 'too_many_logouts': {
      const wait = details.retryAfterSeconds;
      return wait === undefined
        ? told(sentence(error.message), 'Try again in a minute.')
        : told(`${sentence(error.message)} Nothing was spent.`, `Try again in ${duration(wait * 1000)}.`);
    }
    case 'reauthentication_required':
      return told(sentence(error.message), signIn);
    case 'save_failed':
      return told(
        sentence(error.message),
        ...(error.retryable ? ['Run the command again.'] : [`The session is lost. ${signIn}`]),
      );
    case 'blink_timeout':
      return told(sentence(error.message), 'Try again in a minute.');
    case 'blink_unavailable':
      if (details.blinkStatus !== undefined) return told(sentence(error.message), 'Try again later.');
      return target.place.kind === 'local'
        ? told(sentence(error.message), startLocalRun(target))
        : told(sentence(error.message), 'See whether this machine is on the network, and try again.');
    case 'blink_rejected':
      if (details.blinkStatus === 404) {
        return told(
          sentence(error.message),
          'Blink knows no such client on this account: it is gone, or another’s.',
        );
      }
      return details.blinkStatus === 426
        ? told('Blink wants a newer version of its app than this tool takes itself for.', 'Update this tool.')
        : told(
            sentence(error.message),
            'Try again later. If it goes on, Blink’s interface, which is not public, may have changed.',
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
    `Blink lets nobody in from here for now (status ${blinkStatus}).`,
    ['Wait an hour, and do not try again before: each try makes it longer.'],
    cause,
  );
}

async function known({ client }: Target): Promise<string> {
  try {
    const names = await sessionNames(client);
    return names.length === 0 ? 'There is none at all yet.' : `There are: ${names.join(', ')}.`;
  } catch (error) {
    if (error instanceof Failure) return 'Which ones there are could not be found out.';
    throw error;
  }
}

/** Where, never what: its message may hold anything. */
function unexpected(cause: unknown): CommandError {
  const frames = cause instanceof Error ? (cause.stack?.match(/^ +at .*$/gm) ?? []) : [];
  return new CommandError(
    'internal_error',
    'Something went wrong that never should. It is a fault of this tool.',
    frames.slice(0, 5).map((frame) => frame.trim()),
    cause,
  );
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

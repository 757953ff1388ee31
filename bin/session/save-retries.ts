import { isAccessDenied } from '../../lambda/core/vault/secrets-failure.ts';
import type { CommandError } from './errors/command-error.ts';
import type { Terminal } from './terminal/terminal.ts';

/** A save that works within this time needs no words. */
const QUIET_MS = 3_000;

/**
 * Tells once why a save is repeated. A denial is told at once: while the save is repeated, the user can add the permission and
 * so keep the token.
 */
export function saveRetries(
  terminal: Terminal,
  explain: (cause: unknown) => Promise<CommandError>,
): (cause: unknown) => Promise<void> {
  let firstAtMs: number | undefined;
  let isTold = false;
  return async (cause) => {
    firstAtMs ??= performance.now();
    if (isTold || (!isAccessDenied(cause) && performance.now() - firstAtMs < QUIET_MS)) return;
    isTold = true;
    const explained = await explain(cause);
    if (explained.code === 'access_denied') terminal.problem(explained);
    else terminal.note(explained.message);
    terminal.note(
      'The new refresh token is not stored yet. The command repeats the save until its time is over.',
    );
  };
}

import { Failure } from '../failure.ts';
import type { Availability } from './session-state.ts';

/** Throws the failure that a logout would meet; nothing is asked and nothing spent. */
export function requireAvailable(availability: Availability): void {
  switch (availability.kind) {
    case 'claimable':
    case 'saved_by_dead_run':
      return;
    case 'busy':
      throw new Failure('session_busy', 'another run is at work on this session', {
        retryAfterSeconds: availability.retryAfterSeconds,
      });
    case 'cooling':
      throw new Failure('too_many_logouts', 'Blink blocked the last attempt, and is left alone for a while', {
        retryAfterSeconds: availability.retryAfterSeconds,
      });
    case 'refused':
      throw refused(availability.lost);
    case 'takeovers_exhausted':
      throw new Failure(
        'reauthentication_required',
        'too many runs have died with this refresh token; it is left alone, sign in again',
        { reason: 'takeovers_exhausted' },
      );
    case 'no_room':
      throw new Failure(
        'too_many_logouts',
        'the secret has no room for more versions until some are older than 24 hours',
        { retryAfterSeconds: 3600 },
      );
  }
}

export function refused(lost: boolean, blinkStatus?: number): Failure {
  const status = blinkStatus === undefined ? {} : { blinkStatus };
  return lost
    ? new Failure(
        'reauthentication_required',
        'the refresh token was lost between refresh and save by an earlier run that died or had no answer; sign in again',
        { reason: 'lost_between_refresh_and_save', ...status },
      )
    : new Failure('reauthentication_required', 'Blink refuses the refresh token; sign in again', {
        reason: 'refused_by_blink',
        ...status,
      });
}

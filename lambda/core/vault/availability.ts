import { CLAIM_LIFE_SECONDS } from '../claim-life.ts';
import { Failure } from '../failure.ts';
import type { Availability } from './session-state.ts';

/** Throws the failure of a logout at this moment. Makes no call and spends nothing. */
export function requireAvailable(availability: Availability): void {
  switch (availability.kind) {
    case 'claimable':
    case 'saved_not_current':
      return;
    case 'busy':
      throw busy(availability.retryAfterSeconds);
    case 'cooling_down':
      throw coolingDown(availability.retryAfterSeconds);
    case 'refused':
      throw refused(availability.lost);
    case 'takeovers_exhausted':
      throw new Failure(
        'reauthentication_required',
        'too many runs claimed this refresh token without reporting a result; sign in again',
        { reason: 'takeovers_exhausted' },
      );
    case 'no_room':
      throw noRoom();
  }
}

/** @param retryAfterSeconds @default the life of a claim */
export function busy(retryAfterSeconds = CLAIM_LIFE_SECONDS): Failure {
  return new Failure('session_busy', 'another run holds this session', { retryAfterSeconds });
}

export function coolingDown(retryAfterSeconds: number): Failure {
  return new Failure('cooling_down', 'Blink rejected an earlier attempt and is not asked again yet', {
    retryAfterSeconds,
  });
}

export function noRoom(): Failure {
  return new Failure(
    'secret_full',
    'the secret has no room for more versions until some are older than 24 hours',
    { retryAfterSeconds: 3600 },
  );
}

export function refused(lost: boolean, blinkStatus?: number): Failure {
  const status = blinkStatus === undefined ? {} : { blinkStatus };
  return lost
    ? new Failure(
        'reauthentication_required',
        'the refresh token may have been spent without saving the new one, and is not used again; sign in again',
        { reason: 'lost_between_refresh_and_save', ...status },
      )
    : new Failure('reauthentication_required', 'Blink refuses the refresh token; sign in again', {
        reason: 'refused_by_blink',
        ...status,
      });
}

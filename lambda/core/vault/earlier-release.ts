import { CLAIM_LIFE_SECONDS } from '../claim-life.ts';
import type { SecretVersion } from './secret-store.ts';

/**
 * The label of release 0.2.0 on the newest entry of its journal. Our journal takes it too: to 0.2.0, the label on a version
 * whose id it does not know is the claim of another release, which it respects. To be removed in 0.4.
 */
export const EARLIER_CLAIM = 'BLINK_LOGOUT_CLAIM';

/** What a run of 0.2.0 has left on the current token. */
export interface EarlierClaim {
  readonly heldUntilMs: number;
  /** Its newest entry reports anything but a finished save. */
  readonly inDoubt: boolean;
  /** It saved this version, and did not make it current. */
  readonly savedVersionId: string | undefined;
}

/** The version id of an entry of 0.2.0: the token's digest, the attempt, the kind and three more fields. */
const ENTRY = /^([0-9a-f]{40})[0-9a-f]{8}([0-7])[01][0-9a-f]{14}$/;
const SAVE = '1';

export function earlierClaim(
  { versionId, createdAtMs }: SecretVersion,
  current: { readonly versionId: string; readonly token: string; readonly isMarked: boolean },
): EarlierClaim | undefined {
  const [, token, kind] = ENTRY.exec(versionId) ?? [];
  const isCurrent = versionId === current.versionId;
  if (kind === undefined || (isCurrent ? current.isMarked : token !== current.token)) return undefined;
  return {
    heldUntilMs: createdAtMs + CLAIM_LIFE_SECONDS * 1000,
    inDoubt: !isCurrent,
    savedVersionId: kind === SAVE && !isCurrent ? versionId : undefined,
  };
}

import { Failure } from '../failure.ts';
import type { Timing } from '../time.ts';
import { claimSession } from './claim-session.ts';
import { LOGGED_OUT, saveId } from './journal.ts';
import { ended, found } from './next.ts';
import { hasNewerToken } from './promote-save.ts';
import { readSession } from './read-session.ts';
import { saveToken } from './save-token.ts';
import type { SecretStore } from './secret-store.ts';
import { disagreement } from './secrets-failure.ts';
import type { Reading, SessionVault } from './session-vault.ts';
import { untilDeadline } from './until-deadline.ts';
import { changeJournal, writeChange } from './write-journal.ts';

/** The vault over Secrets Manager's versions and staging labels. `onSaveRetry` is called for each try beyond the first. */
export function vaultOverStore(
  store: SecretStore,
  timing: Timing,
  onSaveRetry: (cause: unknown) => void,
): SessionVault {
  const ports = { store, timing };
  return {
    read: (session) => readSession(ports, session),
    claim: (...args) => claimSession(ports, ...args),
    saveToken: (claim, token, deadline) => saveToken(ports, claim, token, deadline, onSaveRetry),
    hasNewerToken: (claim) => hasNewerToken(ports, claim),
    endClaim: (claim, end, deadline) =>
      writeChange(ports, claim, ended(claim.record, claim.reading.token, end), deadline),

    async markLoggedOut({ claim, versionId }, deadline) {
      const end = { what: 'logged_out', savedAs: versionId, client: 'own' } as const;
      const say = changeJournal(ports, claim, ended(claim.record, claim.reading.token, end));
      const markOrSay = async () => {
        try {
          await moveMark(store, claim.reading, versionId);
          return true;
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          await say();
          return false;
        }
      };
      const marked = await untilDeadline(timing, deadline, markOrSay);
      return marked.kind === 'done' && marked.value;
    },

    async remember(claim, ids, deadline) {
      const write = changeJournal(ports, claim, found(claim.reading.token, ids));
      await untilDeadline(timing, deadline, write, { maxTries: 1 });
    },
  };
}

/** A move must name the version that carries the label. */
async function moveMark(store: SecretStore, reading: Reading, to: string): Promise<void> {
  const move = (holder: string | undefined) =>
    store.moveLabel(reading.arn, { label: LOGGED_OUT, to, ...(holder !== undefined && { from: holder }) });
  if ((await move(markedVersion(reading))) === 'moved') return;
  const holder = await store.readVersion(reading.arn, { label: LOGGED_OUT });
  if (holder?.versionId !== to && (await move(holder?.versionId)) === 'conflict') throw disagreement();
}

/** Where the mark is, if the last run that claimed the session has marked its save. */
function markedVersion({ isMarked, currentVersionId, journal }: Reading): string | undefined {
  const last = journal.journal.tokens.at(-1)?.claims.at(-1);
  return isMarked ? currentVersionId : last && saveId(last.id, 0);
}

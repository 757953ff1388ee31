import { Failure } from '../failure.ts';
import type { Deadline, Timing } from '../time.ts';
import { claimSession } from './claim-session.ts';
import { LOGGED_OUT, saveId } from './journal.ts';
import type { Change, Note } from './next.ts';
import { readSession, serviceNowMs } from './read-session.ts';
import { hasNewerToken, saveToken } from './save-token.ts';
import type { SecretStore } from './secret-store.ts';
import { isAccessDenied } from './secrets-failure.ts';
import type { Claim, Reading, SavedSession, SessionVault } from './session-vault.ts';
import { untilDeadline } from './until-deadline.ts';
import { changeJournal } from './write-journal.ts';

/** The vault over Secrets Manager's versions and staging labels. `onSaveRetry` is called for each try beyond the first. */
export function vaultOverStore(
  store: SecretStore,
  timing: Timing,
  onSaveRetry: (cause: unknown) => void,
): SessionVault {
  const ports = { store, timing };
  const place = ({ reading, journal }: Claim) => {
    return { arn: reading.arn, journal, nowMs: serviceNowMs(ports, reading) };
  };
  const write = async (claim: Claim, change: Change, deadline: Deadline) => {
    await untilDeadline(timing, deadline, changeJournal(store, place(claim), change), {
      isFinal: isAccessDenied,
    });
  };
  return {
    read: (session) => readSession(ports, session),
    claim: (reading, deadline) => claimSession(ports, reading, deadline),
    saveToken: (claim, token, deadline) => saveToken(ports, claim, token, deadline, onSaveRetry),
    endClaim: (claim, end, deadline) =>
      write(claim, { kind: 'end', claim: claim.record, token: claim.reading.token, end }, deadline),
    release: (saved, deadline, note) => write(saved.claim, releaseOf(saved, note), deadline),
    hasNewerToken: (claim) => hasNewerToken(ports, claim),

    async markLoggedOut(saved, deadline) {
      const { arn } = saved.claim.reading;
      const say = changeJournal(
        store,
        place(saved.claim),
        releaseOf(saved, { kind: 'logged_out', client: 'own' }),
      );
      const markOrSay = async () => {
        try {
          return await moveMark(store, arn, markedVersion(saved.claim.reading), saved.versionId);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          await say();
          return false;
        }
      };
      const marked = await untilDeadline(timing, deadline, markOrSay);
      return marked.kind === 'done' && marked.value;
    },

    async remember({ claim, token }, ids) {
      try {
        await changeJournal(store, place(claim), { kind: 'found', token, ids })();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
      }
    },
  };
}

function releaseOf({ claim, versionId: savedVersionId }: SavedSession, note: Note): Change {
  return { kind: 'release', claim: claim.record, token: claim.reading.token, savedVersionId, note };
}

/** Where the mark is, if the last run that claimed the session has marked its save. */
function markedVersion({ isMarked, currentVersionId, journal }: Reading): string | undefined {
  const last = journal.journal.tokens.at(-1)?.claims.at(-1);
  return isMarked ? currentVersionId : last && saveId(last.id, 0);
}

/** A move must name the version that carries the label. */
async function moveMark(
  store: SecretStore,
  arn: string,
  from: string | undefined,
  to: string,
): Promise<boolean> {
  const move = (holder: string | undefined) =>
    store.moveLabel(arn, { label: LOGGED_OUT, to, ...(holder !== undefined && { from: holder }) });
  if ((await move(from)) === 'moved') return true;
  const holder = await store.readVersion(arn, { label: LOGGED_OUT });
  if (holder?.versionId === to || (await move(holder?.versionId)) === 'moved') return true;
  throw new Failure('secrets_unavailable', 'Secrets Manager’s answers do not agree yet');
}

import type { Account, Blink } from './blink/blink.ts';
import { coolDownAfter } from './blink/blink-failure.ts';
import { conditionOf, isLoggedOut, isRepeated, requireClaimable } from './condition.ts';
import { Failure } from './failure.ts';
import type { LogoutOutcome } from './outcome.ts';
import { isLost, refusalFailure, type SpendPorts, spendNewest } from './spend.ts';
import type { StoredSession } from './stored-session/stored-session.ts';
import type { Client, FoundIds } from './vault/journal.ts';
import { type ClaimEnd, iso } from './vault/next.ts';
import type { Reading, SavedSession } from './vault/reading.ts';

export interface LogoutRequest {
  readonly session: string;
  /** Another client of the account, logged out with this session's tokens. */
  readonly clientId?: string;
}

/** Read, claim, refresh, save, log out, mark. If Blink refuses the token and the secret holds a newer one, retries once. */
export async function logOut(ports: SpendPorts, request: LogoutRequest): Promise<LogoutOutcome> {
  const { vault, blink, runEnds } = ports;
  let done: LogoutOutcome | undefined;
  const spent = await spendNewest(ports, async () => {
    const reading = await vault.read(request.session);
    done = doneBefore(request, reading);
    if (done !== undefined) return undefined;
    const client = clientOf(request, reading.stored);
    requireClaimable(reading, client);
    blink.openConnections(reading.stored.tier);
    return vault.claim(reading, runEnds, client);
  });
  if (done !== undefined) return done;
  switch (spent?.kind) {
    case undefined:
      throw new Error('a run has claimed nothing and found nothing done');

    case 'refused': {
      const { reading } = spent.claim;
      const isOwn = clientOf(request, reading.stored) === 'own';
      // An earlier logout ended the token, so its refusal is not a failure.
      if (isOwn && isLoggedOut(reading) && !isLost(spent))
        return nothingToLogOut(request, reading.createdAtMs);
      throw refusalFailure(spent);
    }

    case 'granted': {
      const saved = await vault.saveToken(spent.claim, spent.grant, runEnds);
      return logOutSaved(ports, request, saved, spent.grant.accessToken);
    }
  }
}

/** The outcome, if nothing has to be spent: the client is logged out. */
function doneBefore(request: LogoutRequest, reading: Reading): LogoutOutcome | undefined {
  const { session } = request;
  const client = clientOf(request, reading.stored);
  if (isRepeated(reading, client)) return { outcome: 'already_logged_out', session };
  const isSignedOut = client === 'own' && conditionOf(reading).condition === 'signed_out';
  return isSignedOut ? nothingToLogOut(request, reading.createdAtMs) : undefined;
}

async function logOutSaved(
  { vault, blink, runEnds }: SpendPorts,
  request: LogoutRequest,
  saved: SavedSession,
  accessToken: string,
): Promise<LogoutOutcome> {
  const { claim, stored, versionId: savedAs } = saved;
  const { session } = request;
  let client = clientOf(request, stored);
  let found: FoundIds | undefined;
  try {
    const account = await accountOf(blink, stored, accessToken);
    const own = await ownClientId(blink, request, stored, accessToken, account);
    client = clientOf(request, { clientId: own });
    const ids = { ...account, clientId: own };
    if (isNew(ids, stored)) found = ids;
    const clientId = request.clientId ?? own;
    if (clientId === undefined) throw new Error('the look-up of a client id found none and did not fail');
    const message = await messageOrGone(blink, accessToken, account, own, clientId);
    const isMarked = client === 'own' && (await vault.markLoggedOut(saved, runEnds));
    if (!isMarked || found !== undefined)
      await vault.endClaim(claim, { what: 'logged_out', savedAs, client }, runEnds, found);
    return message === undefined
      ? nothingToLogOut(request, claim.reading.nowMs)
      : { outcome: 'logged_out', session, accountId: account.accountId, clientId, message };
  } catch (error) {
    await vault.endClaim(claim, endAfter(error, savedAs, client), runEnds, found);
    throw error;
  }
}

/** Blink's message; `undefined` if Blink knows no such client, and its list of the account's clients agrees. */
async function messageOrGone(
  blink: Blink,
  accessToken: string,
  account: Account,
  own: string | undefined,
  clientId: string,
): Promise<string | undefined> {
  try {
    return (await blink.logOut(accessToken, account, clientId)).message;
  } catch (error) {
    if (!(error instanceof Failure) || error.details.blinkStatus !== 404) throw error;
    if (own === undefined || (await blink.hasClient(accessToken, account, own, clientId)) !== false)
      throw error;
    return undefined;
  }
}

function isNew({ tier, accountId, clientId }: FoundIds, stored: StoredSession): boolean {
  return stored.tier !== tier || stored.accountId !== accountId || stored.clientId !== clientId;
}

export async function accountOf(blink: Blink, stored: StoredSession, accessToken: string): Promise<Account> {
  const { tier, accountId } = stored;
  return tier !== undefined && accountId !== undefined ? { tier, accountId } : blink.findAccount(accessToken);
}

/** For another client, looks the id up only to compare it. A failed look-up does not stop that logout. */
async function ownClientId(
  blink: Blink,
  { clientId }: LogoutRequest,
  stored: StoredSession,
  accessToken: string,
  account: Account,
): Promise<string | undefined> {
  if (stored.clientId !== undefined) return stored.clientId;
  try {
    return await blink.findClientId(accessToken, account);
  } catch (error) {
    if (clientId !== undefined && error instanceof Failure) return undefined;
    throw error;
  }
}

/**
 * What later runs are told of a request that failed after the save.
 * @param client the client that was to be logged out: only its logout waits after a rejection of the request alone
 */
export function endAfter(error: unknown, savedAs: string, client?: Client): ClaimEnd {
  const saved = { what: 'saved', savedAs } as const;
  if (!(error instanceof Failure)) return saved;
  const restSeconds = error.details.retryAfterSeconds ?? 0;
  const rejected = { what: 'rejected', savedAs, why: error.message, restSeconds } as const;
  switch (coolDownAfter(error)) {
    case 'nothing':
      return saved;
    case 'request':
      return client === undefined ? saved : { ...rejected, client };
    case 'session':
      return rejected;
  }
}

/** The requested client. One that is not known to be the session's own is another. */
function clientOf({ clientId }: LogoutRequest, stored: Pick<StoredSession, 'clientId'>): Client {
  return clientId === undefined || clientId === stored.clientId ? 'own' : clientId;
}

function nothingToLogOut({ session }: LogoutRequest, sinceMs: number): LogoutOutcome {
  return { outcome: 'nothing_to_log_out', session, since: iso(sinceMs) };
}

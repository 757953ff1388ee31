import type { Account, Blink } from './blink/blink.ts';
import { coolDownAfter } from './blink/blink-failure.ts';
import { Failure } from './failure.ts';
import type { Outcome } from './outcome.ts';
import { recordRefusal, refusalFailure, type SpendPorts, spendNewest, tokenMayBeLost } from './spend.ts';
import type { StoredSession } from './stored-session/stored-session.ts';
import { coolingDown } from './vault/availability.ts';
import type { Claim, Note, Reading, SavedSession } from './vault/session-vault.ts';

export interface LogoutRequest {
  readonly session: string;
  /** Another client of the account, logged out with this session's tokens. */
  readonly clientId?: string;
}

/** Read, claim, refresh, save, log out, mark. If Blink refuses the token and the secret holds a newer one, retries once. */
export async function logOut(ports: SpendPorts, request: LogoutRequest): Promise<Outcome> {
  const spent = await spendNewest(ports, () => claimFor(ports, request));
  switch (spent?.kind) {
    case undefined:
      return alreadyLoggedOut(request);

    case 'refused': {
      await recordRefusal(ports, spent);
      const { stored, state } = spent.claim.reading;
      const isOwn = otherClient(request, stored) === undefined;
      // An earlier logout ended the token, so its refusal is not a failure.
      if (isOwn && state.loggedOut !== 'never' && !tokenMayBeLost(spent)) return alreadyLoggedOut(request);
      throw refusalFailure(spent);
    }

    case 'granted': {
      const saved = await ports.vault.saveToken(spent.claim, spent.grant, ports.runEnds);
      return logOutSaved(ports, request, saved, spent.grant.accessToken);
    }
  }
}

/** Claims the current refresh token, unless the request needs none. */
async function claimFor({ vault, blink }: SpendPorts, request: LogoutRequest): Promise<Claim | undefined> {
  const reading = await vault.read(request.session);
  if (isDone(request, reading)) return undefined;
  requireNotRejected(request, reading);
  if (reading.state.availability.kind === 'claimable') blink.openConnections(reading.stored.tier);
  return vault.claim(reading);
}

async function logOutSaved(
  { vault, blink, runEnds }: SpendPorts,
  request: LogoutRequest,
  saved: SavedSession,
  accessToken: string,
): Promise<Outcome> {
  const { stored } = saved.reading;
  try {
    const { outcome, isOwn } = await askForLogout(blink, request, stored, accessToken);
    if (isOwn) await vault.markLoggedOut(saved);
    else await vault.release(saved, runEnds, { kind: 'logged_out', client: outcome.clientId });
    return outcome;
  } catch (error) {
    await vault.release(saved, runEnds, noteOf(error, request, stored));
    throw error;
  }
}

interface LoggedOut {
  readonly outcome: Extract<Outcome, { outcome: 'logged_out' }>;
  /** It was the session's own client. */
  readonly isOwn: boolean;
}

async function askForLogout(
  blink: Blink,
  request: LogoutRequest,
  stored: StoredSession,
  accessToken: string,
): Promise<LoggedOut> {
  const account = await accountOf(blink, stored, accessToken);
  const own = await ownClientId(blink, request, stored, accessToken, account);
  const clientId = request.clientId ?? own ?? (await blink.findClientId(accessToken, account));
  const { message } = await blink.logOut(accessToken, account, clientId);
  const { session } = request;
  return {
    outcome: { outcome: 'logged_out', session, accountId: account.accountId, clientId, message },
    isOwn: request.clientId === undefined || clientId === own,
  };
}

export async function accountOf(blink: Blink, stored: StoredSession, accessToken: string): Promise<Account> {
  const { tier, accountId } = stored;
  return tier !== undefined && accountId !== undefined ? { tier, accountId } : blink.findAccount(accessToken);
}

/** Looks the id up only to compare it with the named client. A failed look-up does not stop the logout. */
async function ownClientId(
  blink: Blink,
  { clientId }: LogoutRequest,
  stored: StoredSession,
  accessToken: string,
  account: Account,
): Promise<string | undefined> {
  if (clientId === undefined || stored.clientId !== undefined) return stored.clientId;
  try {
    return await blink.findClientId(accessToken, account);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The note about a failed logout for later runs. */
function noteOf(error: unknown, request: LogoutRequest, stored: StoredSession): Note | undefined {
  if (!(error instanceof Failure)) return undefined;
  switch (coolDownAfter(error)) {
    case 'nothing':
      return undefined;
    case 'request':
      return { kind: 'rejected', client: otherClient(request, stored) ?? 'own' };
    case 'session':
      return { kind: 'cool_down', seconds: error.details.retryAfterSeconds ?? 0 };
  }
}

/** Whether the client is already logged out: within the last minutes, or earlier if Blink refuses the token since. */
function isDone(request: LogoutRequest, reading: Reading): boolean {
  const { loggedOut, recentlyLoggedOut, availability } = reading.state;
  const other = otherClient(request, reading.stored);
  if (other !== undefined) return recentlyLoggedOut.has(other);
  if (loggedOut === 'recently') return true;
  return loggedOut === 'long_ago' && availability.kind === 'refused' && !availability.lost;
}

function requireNotRejected(request: LogoutRequest, { state, stored }: Reading): void {
  const retryAfterSeconds = state.rejected.get(otherClient(request, stored) ?? 'own');
  if (retryAfterSeconds !== undefined) throw coolingDown(retryAfterSeconds);
}

/** The requested client, unless it is known to be the session's own. */
function otherClient({ clientId }: LogoutRequest, stored: StoredSession): string | undefined {
  return clientId === stored.clientId ? undefined : clientId;
}

function alreadyLoggedOut({ session }: LogoutRequest): Outcome {
  return { outcome: 'already_logged_out', session };
}

import type { Account, Blink, RefreshResult } from './blink/blink.ts';
import { asksForRest } from './blink/blink-failure.ts';
import { type Deadline, holdsRefreshAndSave } from './deadline.ts';
import { Failure } from './failure.ts';
import type { Outcome } from './outcome.ts';
import { hasMovedOn, refuse, tokenMayBeLost } from './refusal.ts';
import type { StoredSession } from './stored-session/stored-session.ts';
import type { Claim, Reading, SavedSession, SessionVault } from './vault/session-vault.ts';

export interface Ports {
  readonly vault: SessionVault;
  readonly blink: Blink;
  /** When the platform ends the run. A save goes on until then. */
  readonly runEnds: Deadline;
  /** When the caller must have its answer, never later than `runEnds`: nothing is spent that could not be saved by then. */
  readonly answerDue: Deadline;
  readonly runId: string;
}

export interface LogoutRequest {
  readonly session: string;
  /** Another client of the account, logged out with this session's tokens. */
  readonly clientId?: string;
}

/** Read, claim, refresh, save, log out, mark. */
export async function logOut(ports: Ports, request: LogoutRequest, mayUseNewer = true): Promise<Outcome> {
  const { vault } = ports;

  const reading = await vault.read(request.session);
  if (wasJustDone(ports, request, reading)) return alreadyLoggedOut(request);
  if (reading.state.availability.kind === 'claimable') ports.blink.openConnections(reading.stored.tier);

  const claim = await vault.claim(reading, ports.runId);
  const spent = await spend(ports, claim);
  switch (spent.kind) {
    case 'refused':
      if (mayUseNewer && (await hasMovedOn(vault, claim, spent))) return logOut(ports, request, false);
      if (endedByEarlierLogout(request, claim.reading) && !tokenMayBeLost(claim, spent)) {
        await vault.giveBack(claim, 'unspent');
        return alreadyLoggedOut(request);
      }
      return refuse(vault, claim, spent);

    case 'granted': {
      const saved = await vault.save(claim, spent.grant, ports.runEnds);
      return logOutSaved(ports, request, saved, spent.grant.accessToken);
    }
  }
}

/** What a spent refresh token came to, where it came to a definite answer. */
export type Spent = Extract<RefreshResult, { kind: 'granted' | 'refused' }>;

/**
 * Spends the claimed refresh token, unless too little time is left to bank the change. Where that ends otherwise than in
 * a grant or a refusal, the claim is given back, or what came of it saved, and the failure thrown.
 */
export async function spend(ports: Omit<Ports, 'runId'>, claim: Claim): Promise<Spent> {
  const { vault, blink, answerDue, runEnds } = ports;
  if (!holdsRefreshAndSave(answerDue)) {
    await vault.giveBack(claim, 'unspent');
    throw new Failure(
      'secrets_unavailable',
      'too little time was left to refresh and save; nothing was spent',
    );
  }
  const refresh = await blink.refresh(claim.reading.stored, answerDue);
  switch (refresh.kind) {
    case 'granted':
    case 'refused':
      return refresh;
    case 'failed':
      await vault.giveBack(claim, refresh.token);
      throw refresh.failure;
    case 'without_access':
      await vault.release(await vault.save(claim, refresh.token, runEnds));
      throw refresh.failure;
  }
}

async function logOutSaved(
  { vault, blink }: Ports,
  request: LogoutRequest,
  saved: SavedSession,
  accessToken: string,
): Promise<Outcome> {
  try {
    const { stored } = saved.reading;
    const account = await accountOf(blink, stored, accessToken);
    const clientId = request.clientId ?? stored.clientId ?? (await blink.findClientId(accessToken, account));
    const { message } = await blink.logOut(accessToken, account, clientId);
    if (otherClient(request, saved.reading) === undefined) await vault.markLoggedOut(saved);
    else await vault.noteLogoutOf(saved, clientId);
    return {
      outcome: 'logged_out',
      session: request.session,
      accountId: account.accountId,
      clientId,
      message,
    };
  } catch (error) {
    if (error instanceof Failure && asksForRest(error)) await vault.rest(saved);
    else await vault.release(saved);
    throw error;
  }
}

async function accountOf(blink: Blink, stored: StoredSession, accessToken: string): Promise<Account> {
  const { tier, accountId } = stored;
  return tier !== undefined && accountId !== undefined ? { tier, accountId } : blink.findAccount(accessToken);
}

/** Deliveries repeat: what has been done within minutes is not done again. */
function wasJustDone({ vault }: Ports, request: LogoutRequest, reading: Reading): boolean {
  const other = otherClient(request, reading);
  return other === undefined
    ? reading.state.loggedOut === 'recently'
    : vault.hasJustLoggedOut(reading, other);
}

function endedByEarlierLogout(request: LogoutRequest, reading: Reading): boolean {
  return otherClient(request, reading) === undefined && reading.state.loggedOut !== 'never';
}

/** The client that is to be logged out, where it is not the session's own. */
function otherClient({ clientId }: LogoutRequest, { stored }: Reading): string | undefined {
  return clientId === stored.clientId ? undefined : clientId;
}

function alreadyLoggedOut({ session }: LogoutRequest): Outcome {
  return { outcome: 'already_logged_out', session };
}

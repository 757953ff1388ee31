import type { Account, Blink, RefreshResult } from './blink/blink.ts';
import { type Deadline, holdsRefreshAndSave } from './deadline.ts';
import { Failure } from './failure.ts';
import type { Outcome } from './outcome.ts';
import type { StoredSession } from './stored-session/stored-session.ts';
import { refused } from './vault/availability.ts';
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
  if (reading.state.loggedOut === 'recently' && endsOwnSession(request, reading))
    return alreadyLoggedOut(request);

  const claim = await vault.claim(reading, ports.runId);
  const refresh = await refreshClaimed(ports, claim);
  switch (refresh.kind) {
    case 'failed':
      await vault.giveBack(claim, refresh.token);
      throw refresh.failure;

    case 'refused':
      if (mayUseNewer && (await vault.hasMovedOn(claim))) return logOut(ports, request, false);
      if (claim.reading.state.loggedOut !== 'never' && endsOwnSession(request, claim.reading)) {
        await vault.giveBack(claim, 'unspent');
        return alreadyLoggedOut(request);
      }
      return refuse(ports, claim, refresh);

    case 'granted': {
      const saved = await vault.save(claim, refresh.grant, ports.runEnds);
      return logOutSaved(ports, request, saved, refresh.grant.accessToken);
    }
  }
}

/** Spends the claimed refresh token, unless too little time is left to bank the change. */
export async function refreshClaimed(
  { vault, blink, answerDue }: Pick<Ports, 'vault' | 'blink' | 'answerDue'>,
  claim: Claim,
): Promise<RefreshResult> {
  if (holdsRefreshAndSave(answerDue)) return blink.refresh(claim.reading.stored, answerDue);
  await vault.giveBack(claim, 'unspent');
  throw new Failure('secrets_unavailable', 'too little time was left to refresh and save; nothing was spent');
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
    if (endsOwnSession(request, saved.reading)) await vault.markLoggedOut(saved);
    else await vault.release(saved);
    return {
      outcome: 'logged_out',
      session: request.session,
      accountId: account.accountId,
      clientId,
      message,
    };
  } catch (error) {
    await vault.release(saved);
    throw error;
  }
}

async function accountOf(blink: Blink, stored: StoredSession, accessToken: string): Promise<Account> {
  const { tier, accountId } = stored;
  return tier !== undefined && accountId !== undefined ? { tier, accountId } : blink.findAccount(accessToken);
}

/** Says so in the secret too, so that no later run asks Blink with this token again. */
export async function refuse(
  { vault }: Pick<Ports, 'vault'>,
  claim: Claim,
  refusal: Extract<RefreshResult, { kind: 'refused' }>,
): Promise<never> {
  await vault.markRefused(claim);
  await vault.giveBack(claim, refusal.afterUnanswered ? 'unanswered' : 'unspent');
  throw refusal.secondFactor
    ? new Failure('reauthentication_required', 'Blink wants a second factor; sign in again', {
        reason: 'second_factor_wanted',
        blinkStatus: refusal.blinkStatus,
      })
    : refused(refusal.afterUnanswered || claim.reading.state.tokenMayBeLost, refusal.blinkStatus);
}

function endsOwnSession(request: LogoutRequest, { stored }: Reading): boolean {
  return request.clientId === undefined || request.clientId === stored.clientId;
}

function alreadyLoggedOut({ session }: LogoutRequest): Outcome {
  return { outcome: 'already_logged_out', session };
}

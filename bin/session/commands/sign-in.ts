import { randomUUID } from 'node:crypto';
import type { Grant } from '../../../lambda/blink/blink.ts';
import { Failure } from '../../../lambda/failure.ts';
import { sessionSecretName } from '../../../lambda/session-name.ts';
import { parseStoredSession } from '../../../lambda/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../../lambda/stored-session/stored-session.ts';
import { commandLine } from '../command-line.ts';
import { type Context, type ExitCode, OK } from '../context.ts';
import { CommandError } from '../errors/command-error.ts';
import { blocked, explain } from '../errors/explain.ts';
import { findIds } from '../find-ids.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { type StoredVersion, storedText, storeSession } from '../session-secrets.ts';
import { type SignInResult, signIn as signInAtBlink } from '../sign-in/sign-in.ts';
import { newText, type OwnFields, withFields, withoutNeverStored } from '../stored-text.ts';

const CODES_TAKEN = 3;

/** From an e-mail address, a password and a code to a stored session. */
export async function signIn(context: Context, session: string): Promise<ExitCode> {
  const { terminal, target, questions } = context;
  const before = await terminal.progress('Reading what is stored', () => readBefore(context, session));

  const credentials = {
    email: await questions.email(),
    password: await questions.password(),
    hardwareId: before?.stored.hardwareId ?? randomUUID().toUpperCase(),
  };
  const grant = await grantFor(context, credentials);
  const ids = await terminal.progress('Looking up the account', () =>
    findIds(target.blink, grant.accessToken),
  );
  const fields: OwnFields = {
    refreshToken: grant.refreshToken,
    oauthClient: grant.oauthClient,
    hardwareId: credentials.hardwareId,
    ...ids,
  };
  const text =
    before === undefined
      ? newText(fields)
      : withFields(withoutNeverStored(before.text, before.stored.form), before.stored.form, fields);
  const { created } = await store(context, session, text);

  const report = storedReport(parseStoredSession(text));
  terminal.result({ session, secret: sessionSecretName(session), created, ...report }, [
    `${terminal.style('green', 'Signed in.')} ${created ? 'Stored' : 'Stored anew'} as ${sessionSecretName(session)}.`,
    ...storedLines(report),
    `To log it out: ${commandLine(target, 'logout', session)}`,
  ]);
  return OK;
}

interface Before {
  readonly text: string;
  readonly stored: StoredSession;
}

/** What a sign-in keeps: the form, the hardware id, and every field that it does not know. */
async function readBefore({ terminal, target }: Context, session: string): Promise<Before | undefined> {
  const text = await storedText(() => target.store.readCurrent(sessionSecretName(session)));
  if (text === undefined) return undefined;
  try {
    return { text, stored: parseStoredSession(text) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.note(`What ${session} holds now is no usable session; it will be replaced.`);
    return undefined;
  }
}

async function grantFor(
  { terminal, target, questions }: Context,
  credentials: Parameters<typeof signInAtBlink>[1],
): Promise<Grant> {
  const begin = () => terminal.progress('Signing in', () => signInAtBlink(target.caller, credentials));
  let result: SignInResult = await begin();
  let sentAtMs = performance.now();
  let wrongCodes = 0;
  for (;;) {
    if (result.kind !== 'second_factor_wanted') return grantOf(result);
    const { method, resendAfterSeconds, verify } = result;
    const code = await questions.code(SENT_BY[method]);
    if (code === undefined) {
      const waitMs = resendAfterSeconds * 1000 - (performance.now() - sentAtMs);
      if (waitMs > 0) {
        terminal.note(`Blink sends another code in ${Math.ceil(waitMs / 1000)} s at the earliest.`);
        continue;
      }
      result = await begin();
      sentAtMs = performance.now();
      continue;
    }
    const verified = await terminal.progress('Sending the code', () => verify(code));
    switch (verified.kind) {
      case 'signed_in':
        return verified.grant;
      case 'locked':
        throw blocked(verified.blinkStatus);
      case 'wrong_code':
        wrongCodes += 1;
        if (wrongCodes === CODES_TAKEN || questions.fromScript) throw codeRefused();
        terminal.note('Blink does not accept this code.');
    }
  }
}

const SENT_BY = { sms: 'by text message', email: 'by e-mail', unknown: 'to your phone or e-mail' } as const;

function grantOf(result: Exclude<SignInResult, { kind: 'second_factor_wanted' }>): Grant {
  switch (result.kind) {
    case 'signed_in':
      return result.grant;
    case 'locked':
      throw blocked(result.blinkStatus);
    case 'wrong_password':
      throw new CommandError('wrong_password', 'Blink does not accept this e-mail address and password.', [
        'See that both are right, and run the command again. Five wrong passwords lock the account for ten minutes.',
      ]);
  }
}

function codeRefused(): CommandError {
  return new CommandError('code_refused', 'Blink does not accept the code.', [
    'Wait for the newest one, and run the command again. Nothing was changed.',
  ]);
}

/** A person may mend what stands in the way, and need not sign in once more. */
async function store(context: Context, session: string, text: string): Promise<StoredVersion> {
  const { terminal, target, questions } = context;
  for (;;) {
    try {
      return await terminal.progress('Storing the session', () => storeSession(target.client, session, text));
    } catch (error) {
      if (questions.fromScript || terminal.json) throw error;
      terminal.failure(await explain(error, target, session));
      const again = await questions.confirm('The sign-in is not stored yet. Try again to store it?');
      if (!again)
        throw new CommandError('not_stored', 'The new sign-in was not stored. What was stored is as it was.');
    }
  }
}

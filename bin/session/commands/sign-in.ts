import { randomUUID } from 'node:crypto';
import type { Grant } from '../../../lambda/core/blink/blink.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../../lambda/core/stored-session/stored-session.ts';
import { CommandError, Interrupted } from '../errors/command-error.ts';
import { blocked, explain } from '../errors/explain.ts';
import { requireCreate, requirePut } from '../permissions.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { type StoredVersion, storedVersion, storeSession } from '../session-secrets.ts';
import { findIds } from '../sign-in/find-ids.ts';
import { type SignInResult, signIn as signInAtBlink } from '../sign-in/sign-in.ts';
import { newText, type OwnFields, withFields, withoutNeverStored } from '../stored-text.ts';
import type { Questions } from '../terminal/questions.ts';
import { type AddCommand, type Context, OK, sessionArgument } from './command.ts';

const HELP = `
Asks for your e-mail address and password at Blink, and for the code that Blink
sends. The password is not stored. An existing session keeps its other fields.

A script pipes in one line each, in this order: e-mail address, password, code.`;

const MAX_CODES = 3;

export const addSignIn: AddCommand = (program, start) => {
  program
    .command('sign-in')
    .description('sign in at Blink and store the session')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .action((session: string) => start((context) => signIn(context, session), session));
};

export async function signIn(context: Context, session: string): Promise<typeof OK> {
  const { terminal, target, questions } = context;
  const stored = await terminal.progress('Reading the stored session', async () => {
    const version = await storedVersion(target.store, session);
    if (version === undefined) await requireCreate(target.client, target.sessionSecret(session));
    else await requirePut(target.store, session, version.versionId);
    return version;
  });
  const before = stored && parseBefore(context, session, stored.text);

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
  const { created } = await store(context, session, text, stored !== undefined);

  const report = storedReport(parseStoredSession(text));
  terminal.result({ session, secret: target.sessionSecret(session), created, ...report }, [
    `${terminal.style('green', 'Signed in.')} ${created ? 'Stored' : 'Stored anew'} as ${target.sessionSecret(session)}.`,
    ...storedLines(report),
    `To log it out: ${target.commandLine('logout', session)}`,
  ]);
  return OK;
}

interface Before {
  readonly text: string;
  readonly stored: StoredSession;
}

/** A sign-in keeps the form, the hardware id, and every field that it does not know. */
function parseBefore({ terminal }: Context, session: string, text: string): Before | undefined {
  try {
    return { text, stored: parseStoredSession(text) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.note(`The secret of ${session} contains no usable session. It will be replaced.`);
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
        terminal.note(`Blink can send another code in ${Math.ceil(waitMs / 1000)} s.`);
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
        if (wrongCodes === MAX_CODES || questions.fromScript) throw codeRefused();
        terminal.note('Blink rejected this code.');
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
      throw new CommandError('wrong_password', 'Blink rejected the e-mail address or the password.', [
        'Check both and run the command again. Five wrong passwords lock the account for ten minutes.',
      ]);
  }
}

function codeRefused(): CommandError {
  return new CommandError('code_refused', 'Blink rejected the code.', [
    'Run the command again and enter the newest code. Nothing was changed.',
  ]);
}

/** At a terminal the user can fix the cause and try again, without another sign-in. */
async function store(
  context: Context,
  session: string,
  text: string,
  exists: boolean,
): Promise<StoredVersion> {
  const { terminal, target, questions, interruption } = context;
  for (;;) {
    try {
      return await terminal.progress('Storing the session', () =>
        interruption.hold(() => storeSession(target, session, text, exists)),
      );
    } catch (error) {
      if (questions.fromScript) throw error;
      terminal.problem(await explain(error, target, session));
      if (!(await tryAgain(questions))) throw new CommandError('not_stored', NOT_STORED);
    }
  }
}

const NOT_STORED = 'The sign-in was not stored. The stored session did not change.';

async function tryAgain(questions: Questions): Promise<boolean> {
  try {
    return await questions.confirm('The sign-in is not stored yet. Try to store it again?');
  } catch (error) {
    throw error instanceof Interrupted ? new Interrupted(NOT_STORED) : error;
  }
}

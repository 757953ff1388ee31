import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import type { Blink, Grant } from '../../../lambda/core/blink/blink.ts';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../../lambda/core/stored-session/stored-session.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { blocked, explain, MAY_HAVE_CHANGED } from '../errors/explain.ts';
import { requireCreate, requirePut } from '../permissions.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { storedVersion, storeSession } from '../session-secrets.ts';
import { ANDROID, IOS } from '../sign-in/authorization.ts';
import { signInOnPage } from '../sign-in/sign-in-on-page.ts';
import { signInWithPassword } from '../sign-in/sign-in-with-password.ts';
import { newText, type OwnFields, withFields } from '../stored-text.ts';
import { type AddCommand, type Context, OK, sessionArgument } from './command.ts';

const HELP = `
Opens Blink's sign-in page in your browser, so that only Blink sees password and
code. At the end, the browser shows "Unsupported Browser": copy the whole
address of that page, and paste it here. In Blink's app, the session appears as
"${ANDROID.deviceModel}".

--password asks for e-mail address, password and code here. The password is not
stored. Blink may block this way. The session appears as "${IOS.deviceModel}".

An existing session keeps its other fields. A script reads the page's address
from stderr and pipes in the address at the end; with --password, it pipes in
one line each: e-mail address, password, code.`;

interface SignInOptions {
  readonly password?: boolean;
  readonly open: boolean;
}

export const addSignIn: AddCommand = (program, start) => {
  program
    .command('sign-in')
    .description('sign in at Blink and store the session')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .addOption(passwordOption())
    .option('--no-open', 'show the address of Blink’s page, and open no browser')
    .action((session: string, options: SignInOptions) =>
      start((context) => signIn(context, session, options), session),
    );
};

/** Takes a value only to refuse it: a password that is typed after it would become the session's name. */
function passwordOption(): Option {
  const option = new Option('--password [value]', 'ask for the password here, not on Blink’s page').argParser(
    () => {
      throw new UsageError('--password takes no value: the password is asked for.', [
        'If the value was a password, remove it from your shell’s history. A session’s name goes before --password.',
      ]);
    },
  );
  option.flags = '--password';
  return option;
}

export async function signIn(context: Context, session: string, options: SignInOptions): Promise<typeof OK> {
  const { terminal, target } = context;
  const version = await terminal.progress('Reading the stored session', async () => {
    const current = await storedVersion(target.store, session);
    if (current === undefined) await requireCreate(target, session);
    else await requirePut(target.store, session, current.versionId);
    return current;
  });
  // It keeps the form, the hardware id, and every field that it does not know.
  const before = version && usableSession(context, session, version.text);

  const hardwareId = before?.hardwareId ?? randomUUID().toUpperCase();
  const grant = await grantFor(context, session, hardwareId, options);
  const { accessToken, refreshToken, oauthClient } = grant;
  const ids = await terminal.progress('Looking up the account', () => findIds(target.blink, accessToken));
  const fields: OwnFields = { refreshToken, oauthClient, hardwareId, ...ids };
  const text = version && before ? withFields(version.text, fields) : newText(fields);
  const { created } = await store(context, session, text);

  const report = storedReport(parseStoredSession(text));
  terminal.result({ session, secret: target.sessionSecret(session), created, ...report }, [
    `${terminal.style('green', 'Signed in.')} ${created ? 'Stored' : 'Stored anew'} as ${target.sessionSecret(session)}.`,
    ...storedLines(report),
    `In Blink’s app, this client appears as “${(options.password ? IOS : ANDROID).deviceModel}”.`,
    `To log it out: ${target.commandLine('logout', session)}`,
  ]);
  return OK;
}

function usableSession({ terminal }: Context, session: string, text: string): StoredSession | undefined {
  try {
    return parseStoredSession(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    terminal.note(`The secret of ${session} contains no usable session. It will be replaced.`);
    return undefined;
  }
}

/** Looks up what Blink returns now; a logout looks up the rest. */
async function findIds(blink: Blink, accessToken: string) {
  const account = await blink.findAccount(accessToken).catch(ifMissing);
  const clientId = account && (await blink.findClientId(accessToken, account).catch(ifMissing));
  return { accountId: account?.accountId, tier: account?.tier, clientId };
}

function ifMissing(error: unknown): undefined {
  if (!(error instanceof Failure)) throw error;
}

/** If Blink rejects one way, the error names the other, which is another kind of request. */
async function grantFor(
  context: Context,
  session: string,
  hardwareId: string,
  { password = false, open }: SignInOptions,
): Promise<Grant> {
  const { target } = context;
  const otherWay = password
    ? `Or sign in on Blink’s page: ${target.commandLine('sign-in', session)}`
    : `Or sign in with the password: ${target.commandLine('sign-in', session, '--password')}`;
  try {
    return password
      ? await signInWithPassword(context, hardwareId)
      : await signInOnPage(context, hardwareId, open, otherWay);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { blinkStatus } = error.details;
    if (blinkStatus === 406 || blinkStatus === 429) {
      const lockOut = password
        ? ['Five wrong passwords lock the account for ten minutes, on the page too.']
        : [];
      throw blocked(blinkStatus, error, ...lockOut, otherWay);
    }
    if (error.code !== 'blink_rejected' || blinkStatus === 426) throw error;
    throw new CommandError(error.code, `${error.message}.`, [MAY_HAVE_CHANGED, otherWay], error);
  }
}

/** At a terminal the user can fix the cause and try again, without another sign-in. */
async function store(context: Context, session: string, text: string): ReturnType<typeof storeSession> {
  const { terminal, target, questions, interruption } = context;
  for (;;) {
    try {
      return await terminal.progress('Storing the session', () =>
        interruption.hold(() => storeSession(target, session, text)),
      );
    } catch (error) {
      if (questions.fromScript) throw error;
      terminal.problem(await explain(error, target, session));
      const again = 'The sign-in is not stored yet. Try to store it again?';
      if (!(await questions.confirm(again, NOT_STORED))) throw new CommandError('not_stored', NOT_STORED);
    }
  }
}

const NOT_STORED = 'The sign-in was not stored. The stored session did not change.';

import { Failure } from '../../../lambda/failure.ts';
import { sessionSecretName } from '../../../lambda/session-name.ts';
import { parseStoredSession } from '../../../lambda/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../../lambda/stored-session/stored-session.ts';
import { boundedRun } from '../bounded-run.ts';
import { CommandError } from '../errors/command-error.ts';
import { lookUpMissing } from '../look-up-missing.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { storedVersion, storeSession } from '../session-secrets.ts';
import { neverStoredIn, withLongestIds, withoutNeverStored } from '../stored-text.ts';
import { type AddCommand, type Context, OK, sessionArgument, type Task } from './command.ts';
import { readSource } from './read-source.ts';

const HELP = `
Accepts three forms: a BLINK_TOKENS line, the JSON that blinkpy or Home Assistant saves, and the JSON of a Homebridge plugin.
Shows what is found and what is missing. Password, code and access token are left out. FILE does not change.

Missing fields can be looked up. That spends the refresh token, so every other program that uses it must sign in again.
The command asks first; without a terminal it looks them up only with --yes.`;

interface ImportOptions {
  /** A path, or `-` for stdin. */
  readonly from: string;
  /** Answers the questions with yes. */
  readonly yes?: boolean;
}

export const addImport: AddCommand = (program, start) => {
  program
    .command('import')
    .description('store tokens that another client has saved')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .requiredOption('--from <file>', 'the file that contains them, or - for stdin')
    .option('--yes', 'replace an existing session, and look up missing fields')
    .action((session: string, options: ImportOptions) => start(importSession(session, options), session));
};

/** Asks all questions before it writes anything. */
function importSession(session: string, { from, yes = false }: ImportOptions): Task {
  return async (context) => {
    const { terminal, target } = context;
    const source = (await readSource(from, terminal.streams.stdin)).trim();
    const stored = parseSource(source);
    const dropped = neverStoredIn(source, stored.form);
    terminal.note(['Found:', ...storedLines(storedReport(stored))].join('\n'));
    if (dropped.length > 0) terminal.note(`Not stored, as a logout does not need it: ${dropped.join(', ')}.`);

    const exists = yes || (await askToReplace(context, session));
    const lookUp = isIncomplete(stored) && (yes || (await askToLookUp(context)));

    const text = withoutNeverStored(source, stored.form);
    // The texts that are written from here on must be accepted when they are read.
    parseSource(lookUp ? withLongestIds(text, stored) : text);
    const { created, versionId } = await terminal.progress('Storing the session', () =>
      storeSession(target.client, session, text, exists),
    );
    const report = storedReport(
      lookUp
        ? await terminal.progress('Looking up missing fields', () =>
            boundedRun(context, (runEnds) => lookUpMissing(target, { session, versionId, runEnds })),
          )
        : stored,
    );
    terminal.result({ session, secret: sessionSecretName(session), created, dropped, ...report }, [
      `${terminal.style('green', 'Imported')} as ${sessionSecretName(session)}.`,
      ...storedLines(report),
      ...(lookUp
        ? ['The imported refresh token is spent: other programs that use it must sign in again.']
        : []),
      `To log it out: ${target.commandLine('logout', session)}`,
    ]);
    return OK;
  };
}

function parseSource(source: string): StoredSession {
  try {
    return parseStoredSession(source);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fault = error.message.replace("the session's secret: ", '');
    throw new CommandError('source_invalid', `The tokens cannot be imported: ${fault}.`, [], error);
  }
}

function isIncomplete({ accountId, tier, clientId }: StoredSession): boolean {
  return accountId === undefined || tier === undefined || clientId === undefined;
}

/** Whether there is a session to replace. */
async function askToReplace({ terminal, target, questions }: Context, session: string): Promise<boolean> {
  const before = await terminal.progress('Reading the stored session', () =>
    storedVersion(target.store, session),
  );
  if (before === undefined) return false;
  const exists = `A session named ${session} already exists.`;
  if (questions.fromScript) {
    throw new CommandError('session_exists', exists, [
      'To replace it, add --yes. To keep it, import under another name.',
    ]);
  }
  if (!(await questions.confirm(`${exists} Replace it?`))) {
    throw new CommandError('session_exists', 'Nothing was changed.');
  }
  return true;
}

async function askToLookUp({ terminal, questions }: Context): Promise<boolean> {
  if (questions.fromScript) {
    terminal.note('Missing fields are looked up at the first logout. To look them up now, add --yes.');
    return false;
  }
  return questions.confirm(
    'Look up missing fields? This spends the refresh token; the new one is stored here and nowhere else.',
  );
}

import { Failure } from '../../../lambda/failure.ts';
import { sessionSecretName } from '../../../lambda/session-name.ts';
import { parseStoredSession } from '../../../lambda/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../../lambda/stored-session/stored-session.ts';
import { boundedRun } from '../bounded-run.ts';
import { commandLine } from '../command-line.ts';
import { type Context, type ExitCode, OK } from '../context.ts';
import { CommandError } from '../errors/command-error.ts';
import { lookUpMissing } from '../look-up-missing.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { storedText, storeSession } from '../session-secrets.ts';
import { neverStoredIn, withoutNeverStored } from '../stored-text.ts';
import { readSource } from './read-source.ts';

export interface ImportOptions {
  readonly session: string;
  /** A path, or `-` for stdin. */
  readonly from: string;
  /** Answers what would be asked with yes. */
  readonly yes: boolean;
}

/** Stores tokens that another client has saved. Everything is asked before anything is written. */
export async function importSession(context: Context, options: ImportOptions): Promise<ExitCode> {
  const { terminal, target } = context;
  const { session } = options;
  const source = (await readSource(options.from, terminal.streams.stdin)).trim();
  const stored = parseSource(source);
  const dropped = neverStoredIn(source, stored.form);
  tellFound(context, stored, dropped);

  await askToReplace(context, options);
  const lookUp = isIncomplete(stored) && (await askToLookUp(context, options));

  const text = withoutNeverStored(source, stored.form);
  const { created, versionId } = await terminal.progress('Storing the session', () =>
    storeSession(target.client, session, text),
  );
  const report = storedReport(
    lookUp
      ? await terminal.progress('Looking up what is missing', () =>
          boundedRun(terminal, (runEnds) => lookUpMissing(target, { session, versionId, runEnds })),
        )
      : stored,
  );
  terminal.result({ session, secret: sessionSecretName(session), created, dropped, ...report }, [
    `${terminal.style('green', 'Imported')} as ${sessionSecretName(session)}.`,
    ...storedLines(report),
    ...(lookUp
      ? ['The tokens in the source have been used up: what else used them has to sign in anew.']
      : []),
    `To log it out: ${commandLine(target, 'logout', session)}`,
  ]);
  return OK;
}

function parseSource(source: string): StoredSession {
  try {
    return parseStoredSession(source);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fault = error.message.replace("the session's secret: ", '');
    throw new CommandError('source_invalid', `What was given cannot be used: ${fault}.`, [], error);
  }
}

function tellFound({ terminal }: Context, stored: StoredSession, dropped: readonly string[]): void {
  terminal.note(['Found:', ...storedLines(storedReport(stored))].join('\n'));
  if (dropped.length > 0) terminal.note(`Not stored, as a logout needs none of it: ${dropped.join(', ')}.`);
}

function isIncomplete({ accountId, tier, clientId }: StoredSession): boolean {
  return accountId === undefined || tier === undefined || clientId === undefined;
}

async function askToReplace(context: Context, { session, yes }: ImportOptions): Promise<void> {
  const { terminal, target, questions } = context;
  const before = await terminal.progress('Reading what is stored', () =>
    storedText(() => target.store.readCurrent(sessionSecretName(session))),
  );
  if (before === undefined || yes) return;
  if (questions.fromScript) {
    throw new CommandError('session_exists', `There is a session named ${session} already.`, [
      'To replace it, add --yes. To keep it, import under another name.',
    ]);
  }
  if (!(await questions.confirm(`There is a session named ${session} already. Replace it?`))) {
    throw new CommandError('session_exists', 'Nothing was changed.');
  }
}

async function askToLookUp({ terminal, questions }: Context, { yes }: ImportOptions): Promise<boolean> {
  if (yes) return true;
  if (questions.fromScript) {
    terminal.note('What is missing is looked up at the first logout, or now with --yes.');
    return false;
  }
  return questions.confirm(
    'Look up what is missing? This uses the refresh token up: the new one is stored here, and nowhere else.',
  );
}

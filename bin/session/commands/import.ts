import type { Command } from 'commander';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../../lambda/core/stored-session/stored-session.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { lookUpMissing } from '../look-up-missing.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { storedVersion, storeSession } from '../session-secrets.ts';
import { boundedRun } from '../spending-run.ts';
import { neverStoredIn, withLongestIds, withoutNeverStored } from '../stored-text.ts';
import { Terminal } from '../terminal/terminal.ts';
import {
  type AddCommand,
  type Context,
  FAILED,
  OK,
  parseSessionName,
  sessionArgument,
  type Task,
} from './command.ts';
import { type HomeAssistantEntry, homeAssistantEntries } from './home-assistant.ts';
import { readSource, readSourceFile, type SourceFile } from './read-source.ts';

const HELP = `
Accepts a BLINK_TOKENS line, the JSON that blinkpy saves, the JSON of a
Homebridge plugin, and Home Assistant's .storage/core.config_entries as it is.
Shows what is found and what is missing. Password, code and access token are
left out. FILE does not change.

Missing fields can be looked up. That spends the refresh token, so every other
program that uses it must sign in again. The command asks first; without a
terminal it looks them up only with --yes.

A folder is imported file by file. Each file becomes the session of its name:
garden.json becomes garden.`;

interface ImportOptions {
  /** A file, a folder, or `-` for stdin. */
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
    .requiredOption('--from <file>', 'the file that contains them, a folder of such files, or - for stdin')
    .option('--yes', 'replace an existing session, and look up missing fields')
    .action((session: string, options: ImportOptions, command: Command) =>
      start(importFrom(session, options, command.args.length > 0), session),
    );
};

function importFrom(session: string, { from, yes = false }: ImportOptions, isNamed: boolean): Task {
  return async (context) => {
    const source = await readSource(from, context.terminal.streams.stdin);
    if (source.kind === 'folder') {
      if (isNamed)
        throw new UsageError('Leave out the session’s name: the files of a folder name the sessions.');
      return importFolder(context, source.files, yes);
    }
    const { terminal, target } = context;
    const { document, lines } = await importText(context, session, source.text, yes);
    terminal.result(document, [...lines, `To log it out: ${target.commandLine('logout', session)}`]);
    return OK;
  };
}

type Entry = {
  readonly session: string;
  readonly imported: boolean;
  readonly error?: CommandError['document'];
};

/** A file that cannot be imported does not stop the others. */
async function importFolder(
  context: Context,
  files: readonly SourceFile[],
  yes: boolean,
): Promise<typeof OK | typeof FAILED> {
  const { terminal, target } = context;
  const unasked = {
    ...context,
    // As with `--json`, nothing is noted: the fields of many files would hide the results.
    terminal: new Terminal(terminal.streams, true),
    questions: { ...context.questions, fromScript: true },
  };
  if (!yes && files.length > 0) terminal.note(LOOKED_UP_LATER);
  const entries: Entry[] = [];
  for (const file of files) {
    const { session } = file;
    try {
      await importText(unasked, parseSessionName(session), await readSourceFile(file), yes);
      entries.push({ session, imported: true });
    } catch (error) {
      if (!(error instanceof Failure || error instanceof CommandError)) throw error;
      entries.push({ session, imported: false, error: (await explain(error, target, session)).document });
    }
  }
  terminal.result(
    { sessions: entries },
    entries.length === 0
      ? ['The folder contains no files.']
      : entries.map(({ session, error }) =>
          error === undefined
            ? `${terminal.style('bold', session)}  ${terminal.style('green', 'imported')}`
            : `${terminal.style('bold', session)}  ${terminal.style('red', error.message)}`,
        ),
  );
  return entries.every(({ imported }) => imported) ? OK : FAILED;
}

interface Imported {
  readonly document: object;
  readonly lines: readonly string[];
}

/** Asks all questions before it writes anything. */
async function importText(
  context: Context,
  session: string,
  sourceText: string,
  yes: boolean,
): Promise<Imported> {
  const { terminal, target } = context;
  const entries = homeAssistantEntries(sourceText);
  const source = entries === undefined ? sourceText.trim() : await chooseEntry(context, entries);
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
    storeSession(target, session, text, exists),
  );
  const complete = lookUp
    ? await terminal.progress('Looking up missing fields', () =>
        boundedRun(context, (runEnds) => lookUpMissing(target, { session, versionId, runEnds })),
      )
    : undefined;
  const report = storedReport(complete ?? stored);
  return {
    document: { session, secret: target.sessionSecret(session), created, dropped, ...report },
    lines: [
      `${terminal.style('green', 'Imported')} as ${target.sessionSecret(session)}.`,
      ...(complete === undefined
        ? []
        : [
            ...storedLines(report),
            'The imported refresh token is spent: other programs that use it must sign in again.',
          ]),
      ...(entries === undefined ? [] : [HOME_ASSISTANT_NEEDS_ITS_OWN]),
    ],
  };
}

const LOOKED_UP_LATER = 'Missing fields are looked up at the first logout. To look them up now, add --yes.';

const HOME_ASSISTANT_NEEDS_ITS_OWN =
  'Home Assistant and this session now share one sign-in, and the first of them to refresh its token signs the other one out. Give Home Assistant a sign-in of its own: delete its Blink integration and add it again.';

async function chooseEntry({ questions }: Context, entries: readonly HomeAssistantEntry[]): Promise<string> {
  const [first] = entries;
  if (first === undefined) {
    throw new CommandError('source_invalid', 'Home Assistant’s store has no Blink integration.');
  }
  if (entries.length === 1) return first.text;
  return questions.choose(
    'Which Blink account?',
    entries.map(({ title, text }) => ({ name: title, value: text })),
  );
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
    terminal.note(LOOKED_UP_LATER);
    return false;
  }
  return questions.confirm(
    'Look up missing fields? This spends the refresh token; the new one is stored here and nowhere else.',
  );
}

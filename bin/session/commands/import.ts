import type { Command } from 'commander';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import type { StoredSession } from '../../../lambda/core/stored-session/stored-session.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { storedVersion, storeSession } from '../session-secrets.ts';
import { withoutNeverStored } from '../stored-text.ts';
import { Terminal } from '../terminal/terminal.ts';
import { type AddCommand, type Context, FAILED, OK, sessionArgument, type Task } from './command.ts';
import { type HomeAssistantEntry, homeAssistantEntries } from './home-assistant.ts';
import { readSource, readSourceFile, type SourceFile, sessionOf } from './read-source.ts';

const HELP = `
Accepts a BLINK_TOKENS line, the JSON that blinkpy saves, the JSON of a
Homebridge plugin, and Home Assistant's .storage/core.config_entries as it is.
Shows what is found. Password, code and access token are left out. FILE does not
change, and Blink is not asked.

A folder is imported file by file. Each file becomes the session of its name:
garden.json becomes garden. Hidden files and folders in it are left out.`;

interface ImportOptions {
  /** A file, a folder, or `-` for stdin. */
  readonly from: string;
  readonly yes?: boolean;
}

export const addImport: AddCommand = (program, start) => {
  program
    .command('import')
    .description('store tokens that another client has saved')
    .addHelpText('after', HELP)
    .addArgument(sessionArgument())
    .requiredOption('--from <file>', 'the file that contains them, a folder of such files, or - for stdin')
    .option('--yes', 'replace an existing session')
    .action((session: string, options: ImportOptions, command: Command) =>
      start(importFrom(session, options, command.args.length > 0), session),
    );
};

function importFrom(session: string, { from, yes = false }: ImportOptions, isNamed: boolean): Task {
  return async (context) => {
    const { terminal, target } = context;
    const { stdin } = terminal.streams;
    // Text that is typed or pasted here would stay on the screen.
    if (from === '-' && stdin.isTTY) {
      throw new UsageError('--from - reads from a pipe.', [
        `cat FILE | ${target.commandLine('import', ...(isNamed ? [session] : []), '--from -')}`,
      ]);
    }
    const source = await readSource(from, stdin);
    if (source.kind === 'folder') {
      if (isNamed) {
        throw new UsageError('Leave out the session’s name: the files of a folder name the sessions.');
      }
      return importFolder(context, source.files, yes);
    }
    const { document, lines } = await importText(context, session, source.text, yes);
    terminal.result(document, [...lines, `To log it out: ${target.commandLine('logout', session)}`]);
    return OK;
  };
}

type Entry = {
  /** The file's name. */
  readonly file: string;
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
  const entries: Entry[] = [];
  for (const file of files) {
    try {
      await importText(unasked, sessionOf(file, files), await readSourceFile(file), yes);
      entries.push({ file: file.name, imported: true });
    } catch (error) {
      if (!(error instanceof Failure || error instanceof CommandError)) throw error;
      const { document } = await explain(error, target, file.session);
      entries.push({ file: file.name, imported: false, error: document });
    }
  }
  const imported = entries.filter((entry) => entry.imported).length;
  terminal.result({ files: entries, imported }, [
    ...entries.map(({ file, error }) =>
      error === undefined
        ? `${terminal.style('bold', file)}  ${terminal.style('green', 'imported')}`
        : `${terminal.style('bold', file)}  ${terminal.style('red', [error.message, ...error.advice].join(' '))}`,
    ),
    entries.length === 0
      ? 'The folder contains no files; hidden files and folders in it are left out.'
      : `${imported} of ${entries.length} files are imported.`,
  ]);
  return imported === entries.length ? OK : FAILED;
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
  const source = entries === undefined ? sourceText : await chooseEntry(context, entries);
  const stored = parseSource(source);
  const { text, dropped } = withoutNeverStored(source, stored.form);
  const report = storedReport(parseSource(text));
  terminal.note(['Found:', ...storedLines(report)].join('\n'));
  if (dropped.length > 0) terminal.note(`Not stored, as a logout does not need it: ${dropped.join(', ')}.`);

  const exists = yes || (await askToReplace(context, session));
  const { created } = await terminal.progress('Storing the session', () =>
    storeSession(target, session, text, exists),
  );
  return {
    document: { session, secret: target.sessionSecret(session), created, dropped, ...report },
    lines: [
      `${terminal.style('green', 'Imported')} as ${target.sessionSecret(session)}.`,
      entries === undefined ? OTHERS_ARE_SIGNED_OUT : HOME_ASSISTANT_NEEDS_ITS_OWN,
    ],
  };
}

const OTHERS_ARE_SIGNED_OUT =
  'The first logout replaces the refresh token: another program that uses it is signed out then.';

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

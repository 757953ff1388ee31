import { parse } from 'node:path';
import type { Command } from 'commander';
import { Failure } from '../../../lambda/core/failure.ts';
import { parseStoredSession } from '../../../lambda/core/stored-session/parse-stored-session.ts';
import { CommandError, UsageError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { storedLines, storedReport } from '../session-report.ts';
import { storedVersion, storeSession } from '../session-secrets.ts';
import { withoutNeverStored } from '../stored-text.ts';
import { cannotChoose, type Questions } from '../terminal/questions.ts';
import { type AddCommand, type Context, FAILED, OK, sessionArgument, type Task } from './command.ts';
import { findInHomeAssistant } from './home-assistant.ts';
import { filesIn, readText, type SourceFile, sessionOf } from './read-source.ts';

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
    const files = from === '-' ? undefined : await filesIn(from);
    if (files === undefined) return importText(context, session, await readText(from, stdin), yes);
    if (!isNamed) return importFolder(context, files, yes);
    throw new UsageError('Leave out the session’s name: the files of a folder name the sessions.');
  };
}

/** Asks all questions before it writes anything. */
async function importText(
  context: Context,
  session: string,
  sourceText: string,
  yes: boolean,
): Promise<typeof OK> {
  const { terminal, target, questions } = context;
  const { text, dropped, report, isShared } = await findSession(sourceText, questions.choose);
  terminal.note(['Found:', ...storedLines(report)].join('\n'));
  if (dropped.length > 0) terminal.note(`Not stored, as a logout does not need it: ${dropped.join(', ')}.`);

  const exists = () => terminal.progress('Reading the stored session', () => isStored(context, session));
  if (!yes && (await exists())) {
    if (questions.fromScript) throw sessionExists(session);
    if (!(await questions.confirm(`A session named ${session} already exists. Replace it?`))) {
      throw new CommandError('session_exists', 'Nothing was changed.');
    }
  }
  const { created } = await terminal.progress('Storing the session', () =>
    storeSession(target, session, text),
  );
  terminal.result({ session, secret: target.sessionSecret(session), created, dropped, ...report }, [
    `${terminal.style('green', 'Imported')} as ${target.sessionSecret(session)}.`,
    isShared ? HOME_ASSISTANT_NEEDS_ITS_OWN : OTHERS_ARE_SIGNED_OUT,
    `To log it out: ${target.commandLine('logout', session)}`,
  ]);
  return OK;
}

const OTHERS_ARE_SIGNED_OUT =
  'The first logout replaces the refresh token: another program that uses it is signed out then.';

const HOME_ASSISTANT_NEEDS_ITS_OWN =
  'Home Assistant and this session now share one sign-in, and the first of them to refresh its token signs the other one out. Give Home Assistant a sign-in of its own: delete its Blink integration and add it again.';

type Entry = {
  /** The file's name. */
  readonly file: string;
  readonly imported: boolean;
  readonly error?: CommandError['document'];
};

/** Asks nothing. A file that cannot be imported does not stop the others. */
async function importFolder(
  context: Context,
  files: readonly SourceFile[],
  yes: boolean,
): Promise<typeof OK | typeof FAILED> {
  const { terminal, target } = context;
  const entries = await terminal.progress('Importing the files', async () => {
    const entries: Entry[] = [];
    for (const file of files) {
      try {
        const session = sessionOf(file, files);
        const { text } = await findSession(await readText(file.path, terminal.streams.stdin), cannotChoose);
        if (!yes && (await isStored(context, session))) throw sessionExists(session);
        await storeSession(target, session, text);
        entries.push({ file: file.name, imported: true });
      } catch (error) {
        if (!(error instanceof Failure || error instanceof CommandError)) throw error;
        const { document } = await explain(error, target, parse(file.name).name);
        entries.push({ file: file.name, imported: false, error: document });
      }
    }
    return entries;
  });
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

/** The text to be stored, what it leaves out, and whether Home Assistant goes on to use its token. */
async function findSession(sourceText: string, choose: Questions['choose']) {
  const inHomeAssistant = await findInHomeAssistant(sourceText, choose);
  const source = inHomeAssistant ?? sourceText;
  try {
    const stored = parseStoredSession(source);
    const kept = withoutNeverStored(source);
    return { ...kept, report: storedReport(stored), isShared: inHomeAssistant !== undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const fault = error.message.replace("the session's secret: ", '');
    throw new CommandError('source_invalid', `The tokens cannot be imported: ${fault}.`, [], error);
  }
}

async function isStored({ target }: Context, session: string): Promise<boolean> {
  return (await storedVersion(target.store, session)) !== undefined;
}

function sessionExists(session: string): CommandError {
  return new CommandError('session_exists', `A session named ${session} already exists.`, [
    'To replace it, add --yes. To keep it, import under another name.',
  ]);
}

import * as v from 'valibot';
import { Failure } from '../../../lambda/failure.ts';
import { sessionNameSchema } from '../../../lambda/session-name.ts';
import { CommandError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { type SessionReport, sessionReport } from '../session-report.ts';
import { sessionNames } from '../session-secrets.ts';
import type { Target } from '../target.ts';
import { duration } from '../terminal/duration.ts';
import { type AddCommand, FAILED, OK, type Task } from './command.ts';

/** Well below Secrets Manager's limits of calls per second. */
const CONCURRENT_READS = 10;

type Entry = SessionReport | { readonly session: string; readonly error: CommandError['document'] };

export const addList: AddCommand = (program, start) => {
  program
    .command('list')
    .description('check all sessions; spends nothing')
    .action(() => start(list));
};

/** Shows the sessions that cannot be read too. */
const list: Task = async ({ terminal, target }) => {
  const entries = await terminal.progress('Reading the sessions', async () => {
    const names = await sessionNames(target);
    const read: Entry[] = [];
    for (let from = 0; from < names.length; from += CONCURRENT_READS) {
      const some = names.slice(from, from + CONCURRENT_READS);
      read.push(...(await Promise.all(some.map((name) => entry(target, name)))));
    }
    return read;
  });
  const width = Math.max(0, ...entries.map(({ session }) => session.length));
  const lines = entries.map((each) => {
    const name = terminal.style('bold', each.session.padEnd(width));
    if ('error' in each) return `${name}  ${terminal.style('red', each.error.message)}`;
    const age = duration(each.refreshTokenAgeSeconds * 1000);
    return `${name}  ${terminal.style(each.usable ? 'green' : 'red', each.words)} (token stored ${age} ago)`;
  });
  terminal.result(
    { sessions: entries },
    lines.length > 0 ? lines : [`There are no sessions yet. Start with: ${target.commandLine('sign-in')}`],
  );
  return entries.some((each) => 'error' in each) ? FAILED : OK;
};

async function entry(target: Target, session: string): Promise<Entry> {
  try {
    if (!v.is(sessionNameSchema, session)) {
      throw new CommandError('session_name_invalid', 'The function does not accept this session’s name.');
    }
    return sessionReport(target, await target.vault.read(session));
  } catch (error) {
    if (!(error instanceof Failure || error instanceof CommandError)) throw error;
    return { session, error: (await explain(error, target, session)).document };
  }
}

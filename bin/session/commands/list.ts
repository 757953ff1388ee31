import * as v from 'valibot';
import { Failure } from '../../../lambda/failure.ts';
import { sessionNameSchema } from '../../../lambda/session-name.ts';
import { type Context, type ExitCode, FAILED, OK } from '../context.ts';
import { CommandError } from '../errors/command-error.ts';
import { explain } from '../errors/explain.ts';
import { type SessionReport, sessionReport } from '../session-report.ts';
import { sessionNames } from '../session-secrets.ts';
import { duration } from '../terminal/duration.ts';

/** At most so many are read at once, well below Secrets Manager's limits of calls per second. */
const READ_AT_ONCE = 10;

type Entry =
  | SessionReport
  | { readonly session: string; readonly error: Pick<CommandError, 'code' | 'message' | 'advice'> };

/** All sessions, those too that cannot be read. Spends nothing. */
export async function list(context: Context): Promise<ExitCode> {
  const { terminal, target } = context;
  const entries = await terminal.progress('Reading the sessions', async () => {
    const names = await sessionNames(target.client);
    const read: Entry[] = [];
    for (let from = 0; from < names.length; from += READ_AT_ONCE) {
      const some = names.slice(from, from + READ_AT_ONCE);
      read.push(...(await Promise.all(some.map((name) => entry(context, name)))));
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
    lines.length > 0 ? lines : ['There is no session yet. Begin with: npm run session -- sign-in'],
  );
  return entries.some((each) => 'error' in each) ? FAILED : OK;
}

async function entry({ target }: Context, session: string): Promise<Entry> {
  try {
    if (!v.is(sessionNameSchema, session)) {
      throw new CommandError('session_name_invalid', 'The function takes no session of this name.');
    }
    return sessionReport(await target.vault.read(session));
  } catch (error) {
    if (!(error instanceof Failure || error instanceof CommandError)) throw error;
    const { code, message, advice } = await explain(error, target, session);
    return { session, error: { code, message, advice } };
  }
}

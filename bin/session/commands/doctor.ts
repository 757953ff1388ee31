import type { CheckResult } from '../doctor/check.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type AddCommand, FAILED, OK, type Task } from './command.ts';

const HELP = `
Looks at the stack, the function and its rights, the webhook, the schedule, the
alarms and their mail, the last run, and the sessions. With --local: at the
function, the webhook, Blink's stand-in and the sessions.
It changes nothing and spends nothing. It calls the function and the webhook
with "check".
✓ is all right, – is not configured, ✗ needs the action that is printed below
it, once for faults of one cause. The exit code is 1 if there is a ✗.`;

export const addDoctor: AddCommand = (program, start) => {
  program
    .command('doctor')
    .description('check the deployment, and say what to do')
    .addHelpText('after', HELP)
    .action(() => start(doctor));
};

const doctor: Task = async ({ terminal, target }) => {
  // Loads the clients of the other AWS services, which only this command uses.
  const { examine } = await import('../doctor/examine.ts');
  const results = await terminal.progress('Examining the deployment', () => examine(target));
  const isOk = results.every(({ state }) => state !== 'not_ok');
  terminal.result({ ok: isOk, checks: results }, linesOf(results, terminal));
  return isOk ? OK : FAILED;
};

function linesOf(results: readonly CheckResult[], terminal: Terminal): readonly string[] {
  const width = Math.max(...results.map(({ check }) => check.length));
  const marks = {
    ok: terminal.style('green', '✓'),
    not_ok: terminal.style('red', '✗'),
    not_configured: terminal.style('dim', '–'),
  };
  const told = new Set<string>();
  return results.flatMap(({ check, state, message, advice }) => {
    // One fault may fail several checks, as when no Region is set. The first of them says what to do.
    const isTold = told.has(advice.join());
    told.add(advice.join());
    return [
      `${marks[state]} ${check.padEnd(width)}  ${message}`,
      ...(isTold ? [] : advice.map((line) => ' '.repeat(width + 4) + line)),
    ];
  });
}

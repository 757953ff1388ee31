import { FAILURES, type FailureTraits } from '../core/failure-codes.ts';
import { type FleetResult, leftOver } from '../core/fleet-result.ts';
import { stackName } from '../core/stack-name.ts';

/** Where the fleet runs. */
export interface Place {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
}

/** For Amazon SNS: the subject has at most 100 characters, and subject and text together at most 256 KB (its API reference). */
export interface Message {
  readonly subject: string;
  readonly text: string;
}

const MAX_BYTES = 240_000;

/** What a person does about a kind of failure. */
interface Remedy {
  readonly title: string;
  /** With `NAME`, it is for each session. */
  readonly command: string;
}

const AGAIN = 'logout --all --failed';

/** The most urgent first. */
const REMEDIES = {
  lost: {
    title: 'The new refresh token could not be stored; the session may be lost',
    command: 'check NAME',
  },
  signIn: { title: 'A new sign-in is needed', command: 'sign-in NAME' },
  unknown: { title: 'There is no such session', command: 'list' },
  again: { title: 'The cause may have passed; it lasted longer than the execution repeats', command: AGAIN },
  others: { title: 'Other failures, which docs/runbook.md explains', command: 'check NAME' },
} as const satisfies Record<string, Remedy>;

const TRAITS: Readonly<Record<string, FailureTraits>> = FAILURES;

function remedyFor(code: string): Remedy {
  if (code === 'save_failed') return REMEDIES.lost;
  if (code === 'reauthentication_required') return REMEDIES.signIn;
  if (code === 'session_unknown') return REMEDIES.unknown;
  const { retryable = false, status } = TRAITS[code] ?? {};
  // "Too Many Requests" (RFC 6585) passes, too: but not within an execution.
  return retryable || status === 429 ? REMEDIES.again : REMEDIES.others;
}

/** Names first what needs a person, by kind and with the command to paste. */
export function digest(result: FleetResult, place: Place, execution: string): Message {
  const { failed, notTried, skipped, signedOut, tried } = result;
  const count = leftOver(result).length;
  return message(`${place.stack}: ${counted(count, 'session')} not logged out`, [
    `${counted(count, 'session')} of ${tried + notTried.length} ${count === 1 ? 'was' : 'were'} not logged out.`,
    ...about(place, execution),
    ...Object.values(REMEDIES).flatMap((remedy) => {
      const codes = Object.keys(failed).filter((code) => remedyFor(code) === remedy);
      const line = commandLine(remedy.command, place);
      const isForEach = line.includes('NAME');
      const lines = codes.flatMap((code) =>
        (failed[code] ?? []).map(
          (session) => `${isForEach ? line.replace('NAME', session) : session}  # ${code}`,
        ),
      );
      return section(remedy.title, lines, isForEach ? undefined : line);
    }),
    ...section('Not tried, because Blink did not answer for an hour', notTried, commandLine(AGAIN, place)),
    ...section('Skipped: under the prefix of the sessions, but not sessions', skipped),
    ...section('Signed out by an earlier logout; a schedule for them has no effect', signedOut),
  ]);
}

/** Sent at once, when the circuit opens. */
export function outageNotice(left: number, place: Place, execution: string): Message {
  return message(`${place.stack}: Blink does not answer`, [
    `Ten sessions in a row failed at Blink's side. ${counted(left, 'session')} ${left === 1 ? 'waits' : 'wait'}.`,
    'One is tried every ten minutes, for an hour. When Blink answers, the others follow.',
    'Another e-mail comes only if sessions are not logged out at the end. Until then, there is nothing to do.',
    ...about(place, execution),
  ]);
}

function about({ stack, account, region }: Place, execution: string): readonly string[] {
  return ['', `Stack ${stack}, account ${account}, Region ${region}`, `Execution ${execution}`];
}

function section(title: string, lines: readonly string[], command?: string): readonly string[] {
  if (lines.length === 0) return [];
  return [
    '',
    `${title} (${lines.length}):`,
    ...(command === undefined ? [] : [`  ${command}`]),
    ...lines.map((line) => `  ${line}`),
  ];
}

function commandLine(command: string, { stack, region }: Place): string {
  const named = stack === stackName() ? '' : ` --stack ${stack.slice(stackName('').length)}`;
  return `bin/blink-logout ${command}${named} --region ${region}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Cuts the text after a line. Names of secrets and our own words are ASCII: a character is a byte. */
function message(subject: string, lines: readonly string[]): Message {
  const text = lines.join('\n');
  if (text.length <= MAX_BYTES) return { subject, text };
  const kept = text.slice(0, text.lastIndexOf('\n', MAX_BYTES));
  return {
    subject,
    text: `${kept}\n\nThe rest does not fit into an e-mail. The execution's result has all names.`,
  };
}

import type { FailureCode } from '../core/failure-codes.ts';
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
  readonly codes: readonly string[];
}

const AGAIN = 'logout --all --failed';

const REMEDIES = [
  {
    title: 'The new refresh token could not be stored; the session may be lost',
    command: 'check NAME',
    codes: ['save_failed'],
  },
  { title: 'A new sign-in is needed', command: 'sign-in NAME', codes: ['reauthentication_required'] },
  {
    title: 'The cause may have passed; it lasted longer than the execution repeats',
    command: AGAIN,
    codes: [
      'session_busy',
      'cooling_down',
      'rate_limited',
      'secret_full',
      'blink_unavailable',
      'blink_timeout',
      'secrets_unavailable',
    ],
  },
] as const satisfies readonly (Remedy & { readonly codes: readonly FailureCode[] })[];

const OTHERS = { title: 'Other failures, which docs/runbook.md explains', command: 'check NAME' };

/** Names first what needs a person, by kind and with the command to paste. */
export function digest(result: FleetResult, place: Place, execution: string): Message {
  const { failed, notTried, skipped, signedOut, tried } = result;
  const count = leftOver(result).length;
  const known = REMEDIES.flatMap(({ codes }): readonly string[] => codes);
  const kinds: readonly Remedy[] = [
    ...REMEDIES,
    { ...OTHERS, codes: Object.keys(failed).filter((code) => !known.includes(code)) },
  ];
  return message(`${place.stack}: ${counted(count, 'session')} not logged out`, [
    `${counted(count, 'session')} of ${tried + notTried.length} ${count === 1 ? 'was' : 'were'} not logged out.`,
    ...about(place, execution),
    ...kinds.flatMap(({ title, command, codes }) => {
      const line = commandLine(command, place);
      const isForEach = line.includes('NAME');
      const lines = codes.flatMap((code) =>
        (failed[code] ?? []).map(
          (session) => `${isForEach ? line.replace('NAME', session) : session}  # ${code}`,
        ),
      );
      return section(title, lines, isForEach ? undefined : line);
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

import { styleText } from 'node:util';
import type { Invocation } from './lambda-process.ts';
import type { LocalSession } from './local-session.ts';
import type { LocalStack } from './local-stack.ts';
import { type RunEvent, runEventOf } from './run-event.ts';
import { masked, type StoredToken } from './stored-token.ts';
import type { Stop } from './tour.ts';

/** The words of the local run. Colours are left out where nobody would see them. */

export function opening(): string {
  return `${styleText('bold', 'blink-logout on this machine')}: the function that would be deployed, with stand-ins for all it talks to.
${styleText('dim', 'Synthesizing the stack, which takes a few seconds …')}\n`;
}

export function scene(
  { deployment, httpApi, secretsManager, blink }: LocalStack,
  sessions: readonly LocalSession[],
): string {
  const { name, runtime, memoryMb, timeoutSeconds } = deployment.function;
  const routes = deployment.routes.map(({ key }) => key).filter((key) => key !== '$default');
  return lines([
    ['function', `${name}, ${runtime}, ${memoryMb} MB, ${timeoutSeconds} s, in a process of its own`],
    ['webhook', `${httpApi.url}  ${routes.join(', ')}`],
    ['stand-ins', `Secrets Manager ${secretsManager.url}, Blink ${blink.url}`],
    ['sessions', sessions.map(({ name, form }) => `${name} (${form})`).join(', ')],
  ]);
}

export function chapter(number: number, stop: Stop): string {
  const { title, call, invocation, blinkCalls, before, after, faults } = stop;
  const isRight = faults.length === 0;
  const mark = isRight ? styleText('green', '✓') : styleText('red', '✗');
  const event = runEventOf(invocation);
  return lines(
    [
      ['called', call],
      ['outcome', `${mark} ${outcome(invocation, event)}, ${duration(invocation)}`],
      ['steps', steps(event)],
      ['Blink got', blinkCalls.join('\n')],
      ['token', tokens(before, after)],
      ...faults.map((fault) => ['wrong', styleText('red', fault)] as const),
    ],
    styleText('bold', `${number}. ${title}`),
  );
}

export function verdict(stops: readonly Stop[]): string {
  const wrong = stops.filter(({ faults }) => faults.length > 0).length;
  if (wrong > 0) return styleText('red', `${wrong} of ${stops.length} runs went wrong.`);
  return styleText(
    'green',
    `All ${stops.length} runs went right: every refresh token was spent once, and its successor is stored.`,
  );
}

/** How to knock. The key is this run's own, and opens nothing else. */
export function invitation(
  { httpApi, lambdaApi, deployment, authorization }: LocalStack,
  sessions: readonly LocalSession[],
): string {
  return [
    '',
    `Signed in again: ${sessions.map(({ name }) => name).join(', ')}. Log one out:`,
    '',
    `  curl -i -X POST ${httpApi.url}/logout/default -H 'Authorization: ${authorization}'`,
    '',
    `aws lambda invoke takes --endpoint-url ${lambdaApi.url} --function-name ${deployment.function.name}.`,
    '',
    styleText('dim', 'Ctrl-C ends it.'),
    '',
  ].join('\n');
}

/** One line for a run that came from outside. */
export function incident(invocation: Invocation): string {
  const event = runEventOf(invocation);
  const time = new Date().toTimeString().slice(0, 8);
  const who = [event?.trigger, event?.session].filter((part) => part !== undefined).join(' ');
  return `${styleText('dim', time)}  ${who}  ${outcome(invocation, event)}, ${duration(invocation)}  ${styleText('dim', steps(event))}`;
}

/** All that the run printed. */
export function fullOutput({ output }: Invocation): string {
  return output.map((line) => styleText('dim', `  ${pretty(line).replaceAll('\n', '\n  ')}`)).join('\n');
}

function outcome({ result }: Invocation, event: RunEvent | undefined): string {
  return event?.message ?? (result.kind === 'failed' ? result.error.errorType : 'no event');
}

function duration({ start, initMs, durationMs }: Invocation): string {
  const run = `${Math.round(durationMs)} ms`;
  return start === 'warm' ? `${run} (warm)` : `${run} after a cold start of ${Math.round(initMs)} ms`;
}

function steps(event: RunEvent | undefined): string {
  return event?.stepsMs.map(([step, ms]) => `${step} ${ms} ms`).join(', ') ?? '';
}

function tokens(before: StoredToken, after: StoredToken): string {
  const from = told(before);
  return before.newest === after.newest ? `${from}, not spent` : `${from} → ${told(after)}`;
}

function told({ newest, versionId }: StoredToken): string {
  return `${masked(newest)} (version ${versionId.slice(0, 8)})`;
}

function pretty(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line), undefined, 2);
  } catch {
    return line;
  }
}

/** Entries without a text are left out. */
function lines(entries: readonly (readonly [string, string])[], title?: string): string {
  const indent = ' '.repeat(13);
  const told = entries
    .filter(([, text]) => text !== '')
    .map(([label, text]) => `  ${styleText('dim', label.padEnd(11))}${text.replaceAll('\n', `\n${indent}`)}`);
  return `${[...(title === undefined ? [] : [title]), ...told].join('\n')}\n`;
}

import { styleText } from 'node:util';
import * as v from 'valibot';
import { masked } from '../masked.ts';
import type { Invocation } from './lambda-process.ts';
import type { LocalSession, StoredToken } from './local-session.ts';
import { LOCAL_SESSIONS } from './local-sessions.ts';
import type { LocalStack } from './local-stack.ts';
import { type RunEvent, runEventOf } from './run-event.ts';
import type { FleetStep, Step } from './run-steps.ts';

/** Renders the local run as text. `styleText` leaves colours out if the output is not a terminal. */

export function renderOpening(): string {
  return `${styleText('bold', 'blink-logout on this machine')}: the function as it would be deployed, with stand-ins for the services that it calls.
${styleText('dim', 'Synthesizing the stack (a few seconds) …')}\n`;
}

export function renderSetup(
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

export function renderStep(number: number, step: Step): string {
  const { title, call, invocation, blinkCalls, before, after, faults } = step;
  const mark = faults.length === 0 ? styleText('green', '✓') : styleText('red', '✗');
  const event = runEventOf(invocation);
  return lines(
    [
      ['called', call],
      ['outcome', `${mark} ${outcome(invocation, event)}, ${duration(invocation)}`],
      ['steps', steps(event)],
      ['to Blink', blinkCalls.join('\n')],
      ['token', tokens(before, after)],
      ...faults.map((fault) => ['failed', styleText('red', fault)] as const),
    ],
    styleText('bold', `${number}. ${title}`),
  );
}

export function renderFleetStep(number: number, { title, call, result, faults }: FleetStep): string {
  const mark = faults.length === 0 ? styleText('green', '✓') : styleText('red', '✗');
  const { execution, invocations, figures } = result;
  const sessions = invocations.map((invocation) => {
    const event = runEventOf(invocation);
    return `${event?.session ?? 'unknown'}: ${outcome(invocation, event)}, ${duration(invocation)}`;
  });
  return lines(
    [
      ['called', call],
      ['outcome', `${mark} ${execution.status}`],
      ['sessions', sessions.join('\n')],
      [
        'figures',
        Object.entries(figures)
          .map(([name, value]) => `${name} ${value}`)
          .join(', '),
      ],
      ...faults.map((fault) => ['failed', styleText('red', fault)] as const),
    ],
    styleText('bold', `${number}. ${title}`),
  );
}

export function renderResult(steps: readonly { readonly faults: readonly string[] }[]): string {
  const failed = steps.filter(({ faults }) => faults.length > 0).length;
  if (failed > 0) return styleText('red', `${failed} of ${steps.length} steps failed.`);
  return styleText(
    'green',
    `All ${steps.length} steps succeeded. Each logout used its refresh token once and stored the new one.`,
  );
}

/** How to call the webhook and the function. The key is made for this run and is valid nowhere else. */
export function renderServing(
  { httpApi, lambdaApi, deployment, authorization }: LocalStack,
  sessions: readonly LocalSession[],
): string {
  return [
    '',
    `Signed in again: ${sessions.map(({ name }) => name).join(', ')}. To log one out,`,
    'paste these lines. The key is made for this run and valid nowhere else.',
    '',
    `WEBHOOK_URL=${httpApi.url}/logout`,
    `WEBHOOK_KEY=${authorization.replace('Bearer ', '')}`,
    'curl -i -X POST "$WEBHOOK_URL" -H "Authorization: Bearer $WEBHOOK_KEY"',
    '',
    'For aws lambda invoke:',
    '',
    `FUNCTION_NAME=${deployment.function.name}`,
    `  --endpoint-url ${lambdaApi.url}`,
    '',
    styleText('dim', 'Press Ctrl-C to stop.'),
  ].join('\n');
}

/** One line for a run of another caller. */
export function renderInvocation(invocation: Invocation): string {
  const event = runEventOf(invocation);
  const time = new Date().toTimeString().slice(0, 8);
  const source = `${event?.trigger ?? 'unknown'} ${sessionAskedFor(invocation.event)}`;
  return `${styleText('dim', time)}  ${source}  ${outcome(invocation, event)}, ${duration(invocation)}`;
}

const namedSchema = v.fallback(v.object({ session: v.optional(v.string()) }), {});
const askedSchema = v.object({
  ...namedSchema.entries,
  pathParameters: v.optional(namedSchema),
  body: v.optional(v.fallback(v.pipe(v.string(), v.parseJson(), namedSchema), {})),
});

/** The session that an event names, whether it exists or not. */
function sessionAskedFor(event: unknown): string {
  const asked = v.safeParse(askedSchema, event);
  const { pathParameters, session, body } = asked.success ? asked.output : {};
  return pathParameters?.session ?? body?.session ?? session ?? LOCAL_SESSIONS.default.name;
}

/** Everything that the run printed. */
export function renderOutput({ output }: Invocation): string {
  return output.map((line) => styleText('dim', `  ${pretty(line).replaceAll('\n', '\n  ')}`)).join('\n');
}

function outcome({ result }: Invocation, event: RunEvent | undefined): string {
  return event?.message ?? (result.kind === 'failed' ? result.error.errorType : 'no event');
}

function duration({ start, initMs, durationMs }: Invocation): string {
  const run = `${Math.round(durationMs)} ms`;
  return start === 'warm' ? `${run} (warm)` : `${run}, plus a cold start of ${Math.round(initMs)} ms`;
}

function steps(event: RunEvent | undefined): string {
  return event?.stepsMs.map(([step, ms]) => `${step} ${ms} ms`).join(', ') ?? '';
}

function tokens(before: StoredToken, after: StoredToken): string {
  const from = tokenAndVersion(before);
  return before.newest === after.newest ? `${from}, not used` : `${from} → ${tokenAndVersion(after)}`;
}

function tokenAndVersion({ newest, versionId }: StoredToken): string {
  return `${masked(newest)} (version ${versionId.slice(0, 8)})`;
}

function pretty(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line), undefined, 2);
  } catch {
    return line;
  }
}

/** Leaves out entries without a text. */
function lines(entries: readonly (readonly [string, string])[], title?: string): string {
  const indent = ' '.repeat(13);
  const rendered = entries
    .filter(([, text]) => text !== '')
    .map(([label, text]) => `  ${styleText('dim', label.padEnd(11))}${text.replaceAll('\n', `\n${indent}`)}`);
  return `${[...(title === undefined ? [] : [title]), ...rendered].join('\n')}\n`;
}

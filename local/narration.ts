import { styleText } from 'node:util';
import * as v from 'valibot';
import { masked } from '../lib/masked.ts';
import { wrap } from '../lib/wrap.ts';
import type { BlinkCall } from './blink/start-blink.ts';
import type { FinishedInvocation } from './lambda-process.ts';
import type { LocalSession, StoredToken } from './local-session.ts';
import { LOCAL_SESSIONS, LOCAL_USER } from './local-sessions.ts';
import type { LocalStack } from './local-stack.ts';
import { type LoggedRun, runEventOf } from './run-event.ts';
import type { FleetStep, Step } from './run-steps.ts';

/** Renders the local run as text that fits 80 columns. `styleText` leaves colours out if the output is not a terminal. */
const COLUMNS = 80;
const LABEL_WIDTH = 13;

export function renderOpening(): string {
  return `${styleText('bold', 'blink-logout on this machine')}: the function as it would be deployed, with
stand-ins for the services that it calls.
${styleText('dim', 'Synthesizing the stack (a few seconds) …')}\n`;
}

export function renderSetup(
  { deployment, httpApi, secretsManager, blink }: LocalStack,
  sessions: readonly LocalSession[],
): string {
  const { name, runtime, memoryMb, timeoutSeconds } = deployment.function;
  const routes = deployment.routes.map(({ key }) => key).filter((key) => key !== '$default');
  return lines([
    ['function', `${name}, ${runtime}, ${memoryMb} MB, ${timeoutSeconds} s`],
    ['webhook', `${httpApi.url}  ${routes.join(', ')}`],
    ['stand-ins', `Secrets Manager ${secretsManager.url}\nBlink ${blink.url}`],
    ['sessions', sessions.map(({ name, form }) => `${name} (${form})`).join('\n')],
    ['tokens', 'made up for this run'],
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
      ['to Blink', blinkCalls.map(hostAndPath).join('\n')],
      ['token', tokens(before, after)],
      ...faults.map((fault) => ['failed', styleText('red', fault)] as const),
    ],
    styleText('bold', `${number}. ${title}`),
  );
}

export function renderFleetStep(number: number, step: FleetStep): string {
  const { title, call, result, invocations, faults } = step;
  const mark = faults.length === 0 ? styleText('green', '✓') : styleText('red', '✗');
  const sessions = invocations.map((invocation) => {
    const event = runEventOf(invocation);
    return `${event?.session ?? 'unknown'}: ${outcome(invocation, event)}, ${duration(invocation)}`;
  });
  return lines(
    [
      ['called', call],
      ['outcome', `${mark} ${result.loggedOut} of ${result.tried} logged out, ${result.seconds} s`],
      ['sessions', sessions.join('\n')],
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
    `All ${steps.length} steps succeeded.\nEach logout used its refresh token once and stored the new one.`,
  );
}

export function renderWayOn(): string {
  return '\nTo try the commands on this machine: npm start -- --serve\nAll options: npm start -- --help';
}

/** How to sign in, and how to call the webhook and the function. The key is made for this run and is valid nowhere else. */
export function renderServing(
  { httpApi, lambdaApi, secretsManager, authorization }: LocalStack,
  sessions: readonly LocalSession[],
): string {
  return [
    '',
    `Signed in again: ${sessions.map(({ name }) => name).join(', ')}.`,
    'To sign in as a user of the stand-in, in another terminal:',
    '',
    'bin/blink-logout sign-in garden --local',
    '',
    `with the e-mail address ${LOCAL_USER.email}, the password ${LOCAL_USER.password},`,
    `and the code ${LOCAL_USER.code}.`,
    '',
    'To call the webhook, paste these lines. Its key is made up for this run.',
    '',
    `WEBHOOK_URL=${httpApi.url}/logout`,
    `WEBHOOK_KEY=${authorization.replace('Bearer ', '')}`,
    `curl -sS -w '\\n' -X POST "$WEBHOOK_URL" -H "Authorization: Bearer $WEBHOOK_KEY"`,
    '',
    'To use the AWS CLI with the stand-ins, in a terminal of its own:',
    '',
    `export AWS_ENDPOINT_URL_LAMBDA=${lambdaApi.url}`,
    `export AWS_ENDPOINT_URL_SECRETS_MANAGER=${secretsManager.url}`,
    'export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
    'export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local',
    '',
    styleText('dim', 'Runs of the function, and requests to Blink, are shown here. Ctrl-C stops it.'),
  ].join('\n');
}

/** One line for a run of another caller. */
export function renderInvocation(invocation: FinishedInvocation): string {
  const event = runEventOf(invocation);
  const source = `${event?.trigger ?? 'unknown'} ${sessionAskedFor(invocation.event)}`;
  return `${now()}  ${source}  ${outcome(invocation, event)}, ${duration(invocation)}`;
}

/** One line for a request to Blink, of a run or of a command. */
export function renderBlinkCall({ method, host, path }: BlinkCall): string {
  return `${now()}  ${styleText('dim', `to Blink ${method} ${host}${path}`)}`;
}

function now(): string {
  return styleText('dim', new Date().toTimeString().slice(0, 8));
}

const namedSchema = v.fallback(v.object({ session: v.optional(v.string()) }), {});
const askedSchema = v.object({
  ...namedSchema.entries,
  pathParameters: v.optional(namedSchema),
  fleet: v.optional(namedSchema),
  body: v.optional(v.fallback(v.pipe(v.string(), v.parseJson(), namedSchema), {})),
});

/** The session that an event names, whether it exists or not. */
function sessionAskedFor(event: unknown): string {
  const asked = v.safeParse(askedSchema, event);
  const { pathParameters, fleet, session, body } = asked.success ? asked.output : {};
  return fleet?.session ?? pathParameters?.session ?? body?.session ?? session ?? LOCAL_SESSIONS.default.name;
}

/** Everything that the run printed. */
export function renderOutput({ output }: FinishedInvocation): string {
  return output.map((line) => styleText('dim', `  ${pretty(line).replaceAll('\n', '\n  ')}`)).join('\n');
}

function outcome({ result }: FinishedInvocation, event: LoggedRun | undefined): string {
  return event?.message ?? (result.kind === 'failed' ? result.error.errorType : 'no event');
}

function duration({ start, initMs, durationMs }: FinishedInvocation): string {
  const run = `${Math.round(durationMs)} ms`;
  return start === 'warm' ? `${run} (warm)` : `${run}, plus a cold start of ${Math.round(initMs)} ms`;
}

function steps(event: LoggedRun | undefined): string {
  if (event === undefined || event.stepsMs.length === 0) return '';
  return `${event.stepsMs.map(([step, ms]) => `${step} ${ms}`).join(', ')} ms`;
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

/** A path that does not fit beside its host is on a line of its own. */
function hostAndPath(call: string): string {
  return call.length > COLUMNS - LABEL_WIDTH ? call.replace('/', '\n  /') : call;
}

/** Leaves out entries without a text. */
function lines(entries: readonly (readonly [string, string])[], title?: string): string {
  const indent = `\n${' '.repeat(LABEL_WIDTH)}`;
  const rendered = entries
    .filter(([, text]) => text !== '')
    .map(([label, text]) => {
      const fitting = wrap(text, COLUMNS - LABEL_WIDTH).replaceAll('\n', indent);
      return `  ${styleText('dim', label.padEnd(LABEL_WIDTH - 2))}${fitting}`;
    });
  return `${[...(title === undefined ? [] : [title]), ...rendered].join('\n')}\n`;
}

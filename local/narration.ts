import { styleText } from 'node:util';
import type { BlinkCall } from './blink/start-blink.ts';
import type { FinishedInvocation } from './lambda-process.ts';
import type { StoredToken } from './local-session.ts';
import { LOCAL_SESSIONS, LOCAL_USER } from './local-sessions.ts';
import type { LocalStack } from './local-stack.ts';
import { masked } from './masked.ts';
import { runEventOf, stepsOf } from './run-event.ts';
import type { Run, Step } from './run-steps.ts';
import { wrap } from './wrap.ts';

/** Renders the local run as text that fits 80 columns. `styleText` leaves colours out if the output is not a terminal. */
const COLUMNS = 80;
const LABEL_WIDTH = 13;

const SESSIONS = Object.values(LOCAL_SESSIONS);

export function renderOpening(): string {
  return `${styleText('bold', 'blink-logout on this machine')}: the function as it would be deployed, with
stand-ins for the services that it calls.
${styleText('dim', 'Synthesizing the stack (a few seconds) …')}\n`;
}

export function renderSetup({ deployment, httpApi, secretsManager, blink }: LocalStack): string {
  const { name, runtime, memoryMb, timeoutSeconds } = deployment.function;
  const routes = deployment.routes.filter((key) => key !== '$default');
  return lines([
    ['function', `${name}, ${runtime}, ${memoryMb} MB, ${timeoutSeconds} s`],
    ['webhook', `${httpApi.url}  ${routes.join(', ')}`],
    ['stand-ins', `Secrets Manager ${secretsManager.url}\nBlink ${blink.url}`],
    [
      'sessions',
      Object.values(LOCAL_SESSIONS)
        .map(({ name, form }) => `${name} (${form})`)
        .join('\n'),
    ],
    ['tokens', 'made up for this run'],
  ]);
}

export function renderStep(number: number, { title, call, runs, blinkCalls, faults }: Step): string {
  const mark = faults.length === 0 ? styleText('green', '✓') : styleText('red', '✗');
  const [run, ...others] = runs;
  const outcomes = runs.map(({ session, invocation }) => `${mark} ${session.name}: ${ending(invocation)}`);
  const entries: readonly Entry[] =
    run === undefined || others.length > 0
      ? [['outcomes', outcomes.join('\n')]]
      : [
          ['outcome', `${mark} ${ending(run.invocation)}`],
          ['steps', steps(run.invocation)],
          ['to Blink', blinkCalls.map(hostAndPath).join('\n')],
          ['token', tokens(run)],
        ];
  const failed = faults.map((fault): Entry => ['failed', styleText('red', fault)]);
  return `${styleText('bold', `${number}. ${title}`)}\n${lines([['called', call], ...entries, ...failed])}`;
}

export function renderResult(steps: readonly { readonly faults: readonly string[] }[]): string {
  if (steps.some(({ faults }) => faults.length > 0)) {
    return styleText('red', `Step ${steps.length} failed. Those after it were not run.`);
  }
  return styleText(
    'green',
    `All ${steps.length} steps succeeded.\nEach logout used its refresh token once and stored the new one.`,
  );
}

export function renderWayOn(): string {
  return '\nTo try the commands on this machine: npm start -- --serve\nAll options: npm start -- --help';
}

/** How to sign in, and how to call the webhook and the function. The key is made for this run and is valid nowhere else. */
export function renderServing({ httpApi, lambdaApi, secretsManager, authorization }: LocalStack): string {
  return [
    '',
    `Signed in again: ${SESSIONS.map(({ name }) => name).join(', ')}.`,
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
    // Other users of a machine can see command lines.
    `printf 'header = "Authorization: Bearer %s"\\n' "$WEBHOOK_KEY" |`,
    `  curl -sS -w '\\n' -X POST "$WEBHOOK_URL" -K -`,
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

/** One line for a run of another caller. A check is named, because its condition may be `logged_out`. */
export function renderInvocation(invocation: FinishedInvocation): string {
  const { trigger, action, session } = runEventOf(invocation) ?? { trigger: 'unknown' };
  const asked = [trigger, action === 'check' && 'check', session].filter(Boolean).join(' ');
  return `${now()}  ${asked}  ${ending(invocation)}`;
}

/** One line for a request to Blink, of a run or of a command. */
export function renderBlinkCall({ method, host, path }: BlinkCall): string {
  return `${now()}  ${styleText('dim', `to Blink ${method} ${host}${path}`)}`;
}

function now(): string {
  return styleText('dim', new Date().toTimeString().slice(0, 8));
}

/** Everything that the run printed. */
export function renderOutput({ output }: FinishedInvocation): string {
  return output.map((line) => styleText('dim', `  ${pretty(line).replaceAll('\n', '\n  ')}`)).join('\n');
}

/** The outcome, or the code of the failure, and how long it took. */
function ending(invocation: FinishedInvocation): string {
  const { result, initMs, durationMs } = invocation;
  const code = result.kind === 'failed' ? result.error.errorType : 'no event';
  const run = `${runEventOf(invocation)?.message ?? code}, ${Math.round(durationMs)} ms`;
  return initMs === undefined ? `${run} (warm)` : `${run}, plus a cold start of ${Math.round(initMs)} ms`;
}

function steps(invocation: FinishedInvocation): string {
  const event = runEventOf(invocation);
  const measured = event === undefined ? [] : stepsOf(event);
  return measured.length === 0 ? '' : `${measured.map(([step, ms]) => `${step} ${ms}`).join(', ')} ms`;
}

function tokens({ before, after }: Run): string {
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

/** A label and its text. */
type Entry = readonly [string, string];

/** Leaves out entries without a text. */
function lines(entries: readonly Entry[]): string {
  const indent = `\n${' '.repeat(LABEL_WIDTH)}`;
  const rendered = entries
    .filter(([, text]) => text !== '')
    .map(([label, text]) => {
      const fitting = wrap(text, COLUMNS - LABEL_WIDTH).replaceAll('\n', indent);
      return `  ${styleText('dim', label.padEnd(LABEL_WIDTH - 2))}${fitting}\n`;
    });
  return rendered.join('');
}

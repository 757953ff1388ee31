import type { FailureDetails } from '../../../lambda/core/failure.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Place } from '../target.ts';
import type { RecordedCall } from './recorded-exchange.ts';

export const STEPS = {
  refresh: 'Refresh',
  log_out_other_client: 'Logout of another client',
  log_out: 'Logout of this session',
  refresh_after_logout: 'Refresh after the logout',
} as const;

export type StepName = keyof typeof STEPS;

/** `not_done`: an earlier step failed, or the answer to its question was no. */
export type StepResult =
  | { readonly result: 'done' | 'already_logged_out' | 'not_done' }
  | {
      readonly result: 'failed';
      readonly code: string;
      readonly reason?: FailureDetails['reason'];
      readonly blinkStatus?: number;
    };

export type TrialStep = StepResult & {
  readonly step: StepName;
  readonly ms: number;
  readonly calls: readonly RecordedCall[];
};

export type Finding = 'yes' | 'no' | 'unknown';

/** Contains no secret, no id and no name, so that it can be published. */
export interface TrialReport {
  readonly version: string;
  /** The day, in UTC. */
  readonly date: string;
  readonly place: Place['kind'];
  readonly steps: readonly TrialStep[];
  readonly refreshTokenSurvivesLogout: Finding;
  /** Only if it was tried. */
  readonly logsOutOtherClients?: Finding;
}

export function trialReport(place: Place['kind'], steps: readonly TrialStep[]): TrialReport {
  const resultOf = (name: StepName) => steps.find(({ step }) => step === name);
  const other = resultOf('log_out_other_client');
  return {
    version: packageJson.version,
    date: new Date().toISOString().slice(0, 10),
    place,
    steps,
    refreshTokenSurvivesLogout: survival(resultOf('log_out'), resultOf('refresh_after_logout')),
    ...(other !== undefined && { logsOutOtherClients: logoutOfOther(other) }),
  };
}

function survival(logout: TrialStep | undefined, refresh: TrialStep | undefined): Finding {
  if (logout?.result !== 'done' || refresh === undefined) return 'unknown';
  if (refresh.result === 'done') return 'yes';
  // Without a call, the refusal is an earlier one. With another reason, the token may have been lost.
  const isRefused =
    refresh.result === 'failed' &&
    refresh.calls.length > 0 &&
    (refresh.reason === 'refused_by_blink' || refresh.reason === 'second_factor_wanted');
  return isRefused ? 'no' : 'unknown';
}

function logoutOfOther(step: TrialStep): Finding {
  if (step.result === 'done') return 'yes';
  // A 404 tells only that there is no such client.
  const isRejected = step.result === 'failed' && step.code === 'blink_rejected' && step.blinkStatus !== 404;
  return isRejected ? 'no' : 'unknown';
}

const SURVIVAL: Readonly<Record<Finding, string>> = {
  yes: 'The refresh token survives a logout. A schedule can log this session out every night.',
  no: 'The refresh token does not survive a logout. A schedule works once for each sign-in; the runs after it say already_logged_out.',
  unknown: 'It is still unknown whether the refresh token survives a logout.',
};

const OTHER_CLIENTS: Readonly<Record<Finding, string>> = {
  yes: 'One client can log out another. A lost phone can be logged out by its client’s id.',
  no: 'One client cannot log out another: Blink rejects it.',
  unknown: 'It is still unknown whether one client can log out another.',
};

export function trialLines(report: TrialReport): readonly string[] {
  const { version, date, place, steps, refreshTokenSurvivesLogout, logsOutOtherClients } = report;
  return [
    `Trial of blink-logout ${version}, ${date}, ${place === 'local' ? 'with the stand-ins of the local run' : 'with Blink'}`,
    ...steps.flatMap((step, index) => [
      `${index + 1}. ${STEPS[step.step]}: ${resultWords(step)}`,
      ...step.calls.flatMap(callLines),
    ]),
    place === 'local' ? 'What follows for the stand-ins, which assume what Blink may do:' : 'What follows:',
    `- ${SURVIVAL[refreshTokenSurvivesLogout]}`,
    ...(logsOutOtherClients === undefined ? [] : [`- ${OTHER_CLIENTS[logsOutOtherClients]}`]),
  ];
}

function resultWords(step: TrialStep): string {
  switch (step.result) {
    case 'done':
      return `done in ${step.ms} ms`;
    case 'already_logged_out':
      return 'already logged out within the last minutes, so it was not done';
    case 'not_done':
      return 'not done';
    case 'failed':
      return `failed after ${step.ms} ms: ${[step.code, step.reason].filter(Boolean).join(', ')}`;
  }
}

function callLines({ method, url, answer, code, headers, ms }: RecordedCall): readonly string[] {
  const answered = [answer, ...(code === undefined ? [] : [`code ${code}`]), `${ms} ms`].join(', ');
  return [
    `   ${method} ${url}`,
    `     ${answered}`,
    ...(headers.length === 0 ? [] : [`     headers: ${headers.join(', ')}`]),
  ];
}

import { LOGOUT_PATHS } from '../../../lambda/core/webhook-routes.ts';
import { CommandError } from '../errors/command-error.ts';
import { localRunAdvice } from '../errors/explain-aws.ts';
import { readKeys } from '../stored-keys.ts';
import type { Target } from '../target.ts';
import { DEPLOY_AGAIN, type Finding, notOk, ok } from './check.ts';

/** Longer than the gateway waits for the function. */
const TIMEOUT_MS = 35_000;

export interface Webhook {
  readonly url: string;
  /** Of the function's environment. */
  readonly auth: string | undefined;
}

/** @param session is checked with the key. Without one that can be read, none: a failed check may raise an alarm */
export async function examineWebhook(target: Target, { url, auth }: Webhook, session = ''): Promise<Finding> {
  const call = (headers = {}) => statusOf(target, url, headers, session);
  const stranger = await call();
  const expected = auth === 'key' ? 401 : 403;
  if (stranger !== expected) return unexpected('a caller without credentials', stranger, expected);
  if (auth === 'iam') return ok('The webhook refuses callers that IAM does not know (403).');
  const key = (await readKeys(target)).find(({ sessions }) => sessions.includes('*'))?.key;
  if (key === undefined)
    return ok('The webhook refuses strangers (401). No key opens every session, so none was tried.');
  const caller = await call({ authorization: `Bearer ${key}` });
  return caller === 200 || caller === 400
    ? ok('The webhook refuses strangers (401) and accepts the key.')
    : unexpected('a check with the key', caller, 200);
}

const ADVICE: Readonly<Record<number, string>> = {
  401: 'After a rotation, the function accepts the new key within ten seconds. Try again.',
  429: 'It gets more requests than it accepts. Try again in a minute.',
};

function unexpected(caller: string, status: number, expected: number): Finding {
  return notOk(
    `The webhook answered ${caller} with ${status} instead of ${expected}.`,
    ADVICE[status] ?? 'See the function’s log; docs/runbook.md shows how.',
  );
}

/** A `check` spends nothing. An empty session name is refused with 400, after the caller is accepted. */
async function statusOf(
  target: Target,
  url: string,
  headers: Readonly<Record<string, string>>,
  session: string,
): Promise<number> {
  try {
    const response = await fetch(url + LOGOUT_PATHS[0], {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'check', session }),
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status;
  } catch (cause) {
    const advice =
      target.local !== undefined
        ? localRunAdvice(target.local)
        : [`Check the network connection. If other addresses answer: ${DEPLOY_AGAIN}`];
    throw new CommandError('webhook_silent', 'The webhook does not answer.', advice, cause);
  }
}

import { LOGOUT_PATHS } from '../../../lambda/core/webhook-routes.ts';
import { readOwnerKey } from '../commands/key.ts';
import { startLocalRun } from '../errors/explain-aws.ts';
import type { Target } from '../target.ts';
import { DEPLOY_AGAIN, type Finding, notOk, ok } from './check.ts';

/** Longer than the gateway waits for the function. */
const TIMEOUT_MS = 35_000;

/** Answers of the function to a caller whose key it accepts. */
const ACCEPTED: readonly (number | undefined)[] = [200, 400];

/** @param session is checked with the key. Without one that can be used, none: a failed check may raise an alarm */
export async function examineWebhook(
  target: Target,
  url: string,
  auth: string | undefined,
  session = '',
): Promise<Finding> {
  const stranger = await statusOf(url, {}, '');
  const expected = auth === 'key' ? 401 : 403;
  if (stranger !== expected) return unexpected(target, 'a caller without credentials', stranger, expected);
  if (auth === 'iam') return ok('The webhook refuses callers that IAM does not know (403).');
  const key = await readOwnerKey(target);
  if (key === undefined)
    return ok('The webhook refuses strangers (401). No key opens every session, so none was tried.');
  const caller = await statusOf(url, { authorization: `Bearer ${key}` }, session);
  if (caller === 401) {
    return notOk(
      'The webhook refuses the key (401).',
      'After a rotation, the function accepts the new key within ten seconds. Try again.',
    );
  }
  return ACCEPTED.includes(caller)
    ? ok('The webhook refuses strangers (401) and accepts the key.')
    : unexpected(target, 'a check with the key', caller, 200);
}

function unexpected(target: Target, caller: string, status: number | undefined, expected: number): Finding {
  if (status !== undefined) {
    return notOk(
      `The webhook answered ${caller} with ${status} instead of ${expected}.`,
      status === 429
        ? 'It gets more requests than it accepts. Try again in a minute.'
        : 'See the function’s log; docs/runbook.md shows how.',
    );
  }
  return notOk(
    'The webhook does not answer.',
    target.place.kind === 'local'
      ? startLocalRun(target)
      : `Check the network connection. If other addresses answer: ${DEPLOY_AGAIN}`,
  );
}

/** A `check` spends nothing. An empty session name is refused with 400, after the caller is accepted. */
async function statusOf(
  url: string,
  headers: Readonly<Record<string, string>>,
  session: string,
): Promise<number | undefined> {
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
  } catch {
    return undefined;
  }
}

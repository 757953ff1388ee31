import { readWebhookKey } from '../commands/key.ts';
import { startLocalRun } from '../errors/explain-aws.ts';
import type { Target } from '../target.ts';
import { type Check, type Finding, notOk, ok } from './check.ts';

export interface WebhookCheckOptions {
  readonly url: string;
  readonly auth: 'key' | 'iam';
  /** Is checked with the key. `undefined` if no session can be used. */
  readonly session: string | undefined;
}

/** Longer than the gateway waits for the function. */
const TIMEOUT_MS = 35_000;

export function webhookAnswers(target: Target, { url, auth, session }: WebhookCheckOptions): Check {
  return {
    name: 'webhook',
    async look() {
      const stranger = await statusOf(url, {});
      const expected = auth === 'key' ? 401 : 403;
      if (stranger !== expected)
        return unexpectedAnswer(target, 'a caller without credentials', stranger, expected);
      if (auth === 'iam') return ok('The webhook refuses callers that IAM does not know (403).');
      const caller = await statusOf(
        url,
        { authorization: `Bearer ${await readWebhookKey(target)}` },
        session,
      );
      switch (caller) {
        case 401:
          return notOk(
            'The webhook refuses the key (401).',
            'After a rotation, the function accepts the new key within ten seconds. Try again.',
          );
        case 200:
        case 400:
        case 409:
          return ok('The webhook refuses strangers (401) and accepts the key.');
        default:
          return unexpectedAnswer(target, 'a check with the key', caller, 200);
      }
    },
  };
}

function unexpectedAnswer(
  target: Target,
  caller: string,
  status: number | undefined,
  expected: number,
): Finding {
  if (status === undefined) {
    return notOk(
      'The webhook does not answer.',
      target.place.kind === 'local'
        ? startLocalRun(target)
        : 'Check the network connection. If other addresses answer, deploy again: npm run deploy',
    );
  }
  if (status === 429) {
    return notOk(
      'The webhook is throttled (429): more requests arrive than it accepts.',
      'Try again in a minute. See "webhook-refusals" in docs/runbook.md.',
    );
  }
  return notOk(
    `The webhook answered ${caller} with ${status} instead of ${expected}.`,
    status >= 500
      ? 'See the function’s log; docs/runbook.md shows how.'
      : 'Is it this stack’s URL? Deploy again: npm run deploy',
  );
}

/** A `check` spends nothing. An empty session name is refused with 400, after the caller is accepted. */
async function statusOf(
  url: string,
  headers: Readonly<Record<string, string>>,
  session = '',
): Promise<number | undefined> {
  try {
    const response = await fetch(url, {
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

import * as v from 'valibot';
import type { Grant } from '../../../lambda/core/blink/blink.ts';
import type { ExchangeEnd } from '../../../lambda/core/blink/http-exchange.ts';
import { jsonIn } from '../../../lambda/core/blink/json-in.ts';
import type { Context } from '../commands/command.ts';
import { CommandError } from '../errors/command-error.ts';
import {
  ANDROID,
  authorizationUrl,
  codeExchangeRequest,
  processCodeExchangeResponse,
  randomText,
} from './authorization.ts';
import { parsePastedAddress } from './pasted-address.ts';

/**
 * Signs in on Blink's own page in the person's browser (RFC 8252): only Blink sees the password and the second factor's code.
 * No server of this machine can receive the redirect, so the person pastes its address.
 */

/** @param opens whether to open the browser */
export async function signInOnPage(
  context: Context,
  hardwareId: string,
  opens: boolean,
  otherWay: string,
): Promise<Grant> {
  const { terminal, target } = context;
  const request = { hardwareId, verifier: randomText(), state: randomText() };
  await show(context, authorizationUrl(ANDROID, target.signInPage.origin, request), opens);

  const code = await askForCode(context, request.state);
  const end = await terminal.progress('Signing in', () =>
    target.caller.exchange(codeExchangeRequest(ANDROID, code, request, target.caller.userAgent)),
  );
  if (isInvalidGrant(end)) {
    throw new CommandError('code_refused', 'Blink refuses the code in this address (invalid_grant).', [
      'A likely reason is that the browser is on another machine or network: use one on this machine. A code also works only once, and only for a short time.',
      otherWay,
    ]);
  }
  return processCodeExchangeResponse(ANDROID, end);
}

const invalidGrantSchema = v.object({ error: v.literal('invalid_grant') });

/** Blink refuses the code: it is used up, too old, or issued to another request. */
function isInvalidGrant(end: ExchangeEnd): boolean {
  return (end.status === 400 || end.status === 401) && jsonIn(end.text, invalidGrantSchema) !== undefined;
}

async function show({ terminal, questions }: Context, page: URL, opens: boolean): Promise<void> {
  // There, a browser would start on the wrong machine.
  const isRemote = process.env['SSH_CONNECTION'] !== undefined;
  const willOpen = opens && !isRemote && !terminal.json && !questions.fromScript;
  terminal.note(
    willOpen
      ? 'Sign in on Blink’s page. If your browser does not open it, open this address yourself:'
      : 'Open this address in a browser, and sign in there:',
  );
  terminal.detail(page.href);
  terminal.note(
    'At the end, the browser shows “Unsupported Browser”. This is expected: copy the whole address of that page, and paste it here at once. It stays hidden.',
  );
  if (isRemote) {
    terminal.note(
      'This is a remote shell. Blink may refuse the code if your browser is on another network than this machine.',
    );
  }
  if (!willOpen) return;
  const { default: open } = await import('open');
  // Without a browser, the address is on the screen.
  await open(page.href).catch(() => {});
}

async function askForCode({ terminal, target, questions }: Context, state: string): Promise<string> {
  for (;;) {
    const pasted = parsePastedAddress(await questions.address(), target.signInPage.callback, state);
    if ('code' in pasted) return pasted.code;
    const unusable = (advice: readonly string[]) => new CommandError('input_invalid', pasted.fault, advice);
    if (questions.fromScript) throw unusable(PIPED);
    terminal.problem(unusable([]));
  }
}

const PIPED = [
  'A script pipes in the address at the end of the sign-in. To pipe in e-mail address and password, use --password.',
];

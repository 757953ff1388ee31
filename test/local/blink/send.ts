import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends to the stand-in what would go to a host of Blink's: `POST api.oauth.blink.com/oauth/token`. */
export async function send(
  { port }: { readonly port: number },
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<Received> {
  const [, method = '', host = '', path = ''] = /^(\S+) ([^/]+)(\/.*)$/.exec(line) ?? [];
  const all = { 'user-agent': 'Blink', ...headers, host };
  const sent = request({ host: '127.0.0.1', port, method, path, headers: all }).end(body);
  const [answer]: IncomingMessage[] = await once(sent, 'response');
  if (answer === undefined) throw new Error('there is no answer');
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) };
}

export function sendForm(
  to: { readonly port: number },
  line: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Received> {
  const asForm = { 'content-type': 'application/x-www-form-urlencoded', ...headers };
  return send(to, line, asForm, new URLSearchParams(form).toString());
}

import { type IncomingHttpHeaders, request } from 'node:http';

export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends to the stand-in what would go to a host of Blink's: `POST api.oauth.blink.com/oauth/token`. */
export function send(
  { port }: { readonly port: number },
  line: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<Received> {
  const [, method = '', host = '', path = ''] = /^(\S+) ([^/]+)(\/.*)$/.exec(line) ?? [];
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, method, path, headers: { 'user-agent': 'Blink', ...headers, host } },
      async (answer) => {
        try {
          let text = '';
          for await (const chunk of answer) text += chunk;
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text });
        } catch (error) {
          reject(error);
        }
      },
    );
    sent.on('error', reject).end(body);
  });
}

export function sendForm(
  to: { readonly port: number },
  line: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Received> {
  return send(
    to,
    line,
    { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    new URLSearchParams(form).toString(),
  );
}

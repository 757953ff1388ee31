import { type LoopbackServer, type LoopbackServerOptions, startLoopbackServer } from '../loopback-server.ts';

export interface SentMail {
  readonly subject: string;
  readonly text: string;
}

export interface SnsStandIn extends LoopbackServer {
  readonly mails: readonly SentMail[];
}

/** Amazon SNS on this machine: Publish alone, in the AWS Query protocol (Amazon SNS API Reference, "Publish"). */
export async function startSns(options: LoopbackServerOptions = {}): Promise<SnsStandIn> {
  const mails: SentMail[] = [];
  const server = await startLoopbackServer(options, async ({ body }) => {
    const form = new URLSearchParams(body.toString());
    if (form.get('Action') !== 'Publish') return 'destroy';
    mails.push({ subject: form.get('Subject') ?? '', text: form.get('Message') ?? '' });
    const xml = `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>${mails.length}</MessageId></PublishResult><ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></PublishResponse>`;
    return { answer: { status: 200, headers: { 'content-type': 'text/xml' }, body: xml } };
  });
  return { ...server, mails };
}

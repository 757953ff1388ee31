import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { readDeployedSettings } from '../../lib/deployed-settings.ts';
import { compareSettings } from '../../lib/settings-in-force.ts';
import { synthesize } from './synthesize.ts';

const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

/** CloudFormation's query API: answers every request alike (AWS CloudFormation API Reference, GetTemplateSummary). */
async function readFrom(status: number, body: string) {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    requests.push(text);
    response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const deployed = await readDeployedSettings('garden', {
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  return { deployed, requests };
}

const summary = (content: string) =>
  `<GetTemplateSummaryResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><GetTemplateSummaryResult>${content}</GetTemplateSummaryResult></GetTemplateSummaryResponse>`;
const failed = (code: string, message: string) =>
  `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

describe('the settings of the deployed stack', () => {
  it('are those that its template carries', async () => {
    const metadata = synthesize({ schedule: 'rate(1 day)' }).toJSON()['Metadata'];
    const text = JSON.stringify(metadata).replaceAll('"', '&quot;');
    const { deployed, requests } = await readFrom(200, summary(`<Metadata>${text}</Metadata>`));
    expect(requests[0]).toContain('Action=GetTemplateSummary');
    expect(requests[0]).toContain('StackName=garden');
    expect(deployed).toMatchObject({
      kind: 'recorded',
      settings: { name: 'blink-logout', schedule: 'rate(1 day)', webhookBurst: 5 },
    });
  });

  it.each([
    [400, failed('ValidationError', 'Stack with id garden does not exist'), { kind: 'none' }],
    [200, summary(''), { kind: 'unknown', why: 'the stack does not carry them.' }],
    [200, summary('<Metadata>{}</Metadata>'), { kind: 'unknown', why: 'the stack does not carry them.' }],
    [
      403,
      failed('AccessDenied', 'User: eyJ-canary is not authorized'),
      {
        kind: 'unknown',
        why: 'the stack could not be read (AccessDenied).',
        cause: expect.objectContaining({ name: 'AccessDenied' }),
      },
    ],
  ])('after %i, %s, are %j', async (status, body, deployed) => {
    expect((await readFrom(status, body)).deployed).toEqual(deployed);
  });
});

describe('before a deployment', () => {
  const IN_FORCE = { name: 'garden', tracing: true };
  const line = (lines: readonly string[], name: string) => lines.find((text) => text.includes(`${name} `));

  it('each setting is printed, with the deployed value where that differs', () => {
    const lines = compareSettings('garden', IN_FORCE, {
      kind: 'recorded',
      settings: { name: 'garden', tracing: false, schedule: 'rate(1 day)' },
    });
    expect(lines[0]).toBe('Settings of garden. * differs from the deployed stack.');
    expect(line(lines, 'name')).toMatch(/^ {2}name +garden$/);
    expect(line(lines, 'tracing')).toMatch(/^\* tracing +true {2}\(deployed: false\)$/);
    expect(line(lines, 'schedule')).toMatch(/^\* schedule +none {2}\(deployed: rate\(1 day\)\)$/);
  });

  it.each([
    [{ kind: 'none' } as const, 'Settings of garden, which is not deployed yet.'],
    [
      { kind: 'unknown', why: 'the stack could not be read (AccessDenied).' } as const,
      'Settings of garden. The deployed settings are unknown: the stack could not be read (AccessDenied).',
    ],
  ])('where there is nothing to compare with, no setting is marked: %j', (deployed, heading) => {
    const [first, ...rows] = compareSettings('garden', IN_FORCE, deployed);
    expect(first).toBe(heading);
    for (const row of rows) expect(row).toMatch(/^ {2}\w/);
  });

  it('a change of kmsKeyArn comes with what happens to the secrets', () => {
    const settings = { ...IN_FORCE, kmsKeyArn: 'arn:old' };
    expect(compareSettings('garden', IN_FORCE, { kind: 'recorded', settings }).at(-1)).toContain(
      'Keep the old key (arn:old) until no secret is under it.',
    );
  });
});

import { describe, expect, it } from 'vitest';
import { appWith, synthesize } from './synthesize.ts';

const NIGHTLY = { schedule: 'cron(0 3 * * ? *)' };

describe('the stack', () => {
  it("outputs the webhook's URL, the function's name and the command that reads the key", () => {
    const outputs = synthesize().findOutputs('*');
    expect(Object.keys(outputs).sort()).toEqual([
      'FleetArn',
      'FunctionName',
      'ReadWebhookKeyCommand',
      'WebhookUrl',
    ]);
    expect(JSON.stringify(outputs['WebhookUrl'])).toMatch(/ApiEndpoint.*\/logout/);
    expect(JSON.stringify(outputs['FunctionName'])).toMatch(/"Ref":"LogoutFunction/);
    expect(JSON.stringify(outputs['ReadWebhookKeyCommand'])).toContain(
      '--secret-id blink-logout-webhook-key --query SecretString --output text',
    );
  });

  it('leaves nothing behind that would stand in the way of the next deployment', () => {
    for (const resource of Object.values(synthesize().toJSON()['Resources'])) {
      expect(resource).not.toMatchObject({ DeletionPolicy: expect.stringContaining('Retain') });
    }
  });

  it('has the name that is set, and so has all that it makes', () => {
    const { app, stack } = appWith({ name: 'garden', schedule: 'rate(1 day)' });
    expect(stack.stackName).toBe('blink-logout-garden');
    const { Resources, Outputs } = app.synth().getStackByName('blink-logout-garden').template;
    const names = JSON.stringify([Resources, Outputs]).match(/blink-logout(?!-garden)[^"]*/g) ?? [];
    // Only in texts for people.
    expect(names.filter((name) => !/^blink-logout webhook$/.test(name))).toEqual([]);
  });

  it('has roles without managed policies, each of which one service can assume for this account', () => {
    const template = synthesize({ ...NIGHTLY, timeZone: 'Europe/Berlin', sessions: 'all' });
    const roles = Object.values(template.findResources('AWS::IAM::Role')).map(({ Properties }) => Properties);
    const account = { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } };
    // Lambda is not documented to name the account: a function must be created if it does not.
    const lambda = ['lambda.amazonaws.com', { StringEqualsIfExists: account }];
    expect(
      roles.flatMap(({ AssumeRolePolicyDocument }) =>
        AssumeRolePolicyDocument.Statement.map(
          (statement: { readonly Principal: { readonly Service: string }; readonly Condition: unknown }) => [
            statement.Principal.Service,
            statement.Condition,
          ],
        ),
      ),
    ).toEqual([lambda, lambda, ['scheduler.amazonaws.com', { StringEquals: account }]]);
    for (const role of roles) expect(Object.keys(role)).toEqual(['AssumeRolePolicyDocument']);
  });

  it('makes no session: tokens outlive the stack', () => {
    expect(JSON.stringify(synthesize().findResources('AWS::SecretsManager::Secret'))).not.toContain(
      'blink-logout/',
    );
  });
});

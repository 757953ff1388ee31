import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { synthesize } from './synthesize.ts';

const KEY_ARN = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

function routesOf(settings: Record<string, unknown>): Record<string, string> {
  const routes = Object.values(synthesize(settings).findResources('AWS::ApiGatewayV2::Route'));
  return Object.fromEntries(
    routes.map(({ Properties }) => [Properties.RouteKey, Properties.AuthorizationType]),
  );
}

describe('the webhook', () => {
  it('takes POST /logout and POST /logout/{session}, and hands the function all else, to be refused alike', () => {
    expect(routesOf({})).toEqual({
      'POST /logout': 'NONE',
      'POST /logout/{session}': 'NONE',
      $default: 'NONE',
    });
  });

  it('asks for a signature of IAM on every route where that is set', () => {
    expect(routesOf({ webhookAuth: 'iam' })).toEqual({
      'POST /logout': 'AWS_IAM',
      'POST /logout/{session}': 'AWS_IAM',
      $default: 'AWS_IAM',
    });
  });

  it('hands events of payload format 2.0 to the function', () => {
    synthesize().hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '2.0',
      IntegrationUri: { 'Fn::GetAtt': [Match.stringLikeRegexp('^LogoutFunction'), 'Arn'] },
    });
  });

  it('may invoke the function, and no other API may', () => {
    const permissions = Object.values(
      synthesize().findResources('AWS::Lambda::Permission', {
        Properties: { Principal: 'apigateway.amazonaws.com' },
      }),
    );
    const sources = permissions.map(({ Properties }) => Properties.SourceArn['Fn::Join'][1]);
    expect(sources.map((parts) => parts.at(-1)).sort()).toEqual([
      '/*/*',
      '/*/*/logout',
      '/*/*/logout/{session}',
    ]);
    for (const parts of sources) expect(parts).toContainEqual({ Ref: expect.stringMatching(/^WebhookApi/) });
  });

  it('is throttled as set', () => {
    synthesize({ webhookRatePerSecond: 7, webhookBurst: 9 }).hasResourceProperties(
      'AWS::ApiGatewayV2::Stage',
      {
        StageName: '$default',
        DefaultRouteSettings: { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 },
      },
    );
  });

  it('has a bucket for unknown paths, which cannot use up the requests of POST /logout', () => {
    const template = synthesize({ webhookRatePerSecond: 7, webhookBurst: 9 });
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    expect(stage?.['Properties'].RouteSettings).toEqual({
      $default: { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 5 },
    });
  });

  it('creates its routes before the stage, which names one of them', () => {
    const template = synthesize();
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'));
    const routes = Object.keys(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(stage?.['DependsOn']).toEqual(expect.arrayContaining(routes));
  });

  it('logs accesses, and nothing in which a caller may have put a credential', () => {
    const [stage] = Object.values(synthesize().findResources('AWS::ApiGatewayV2::Stage'));
    const variables = Object.values(JSON.parse(stage?.['Properties'].AccessLogSettings.Format));
    expect(variables).toContain('$context.requestId');
    expect(variables).toContain('$context.status');
    expect(variables.filter((name) => /header|userAgent|query|body/i.test(String(name)))).toEqual([]);
  });

  it('keeps its access log as long as is set', () => {
    synthesize({ logRetentionDays: 14 }).hasResource('AWS::Logs::LogGroup', {
      Properties: { LogGroupName: '/aws/vendedlogs/blink-logout/webhook', RetentionInDays: 14 },
      DeletionPolicy: 'Delete',
    });
  });

  it('is opened by a generated key, 64 letters and digits, outside the sessions', () => {
    const template = synthesize();
    template.resourceCountIs('AWS::SecretsManager::Secret', 1);
    template.hasResource('AWS::SecretsManager::Secret', {
      Properties: {
        Name: 'blink-logout-webhook-key',
        GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
        KmsKeyId: Match.absent(),
      },
      DeletionPolicy: 'Delete',
    });
  });

  it('has its key encrypted under the customer-managed key where one is set', () => {
    synthesize({ kmsKeyArn: KEY_ARN }).hasResourceProperties('AWS::SecretsManager::Secret', {
      KmsKeyId: KEY_ARN,
    });
  });

  it('keeps its key where IAM guards it, so that a change of the setting changes no key', () => {
    const template = synthesize({ webhookAuth: 'iam' });
    expect(template.findResources('AWS::SecretsManager::Secret')).toEqual(
      synthesize().findResources('AWS::SecretsManager::Secret'),
    );
    expect(Object.keys(template.findOutputs('*'))).not.toContain('ReadWebhookKeyCommand');
  });

  it('changes its key only after the rights of the function', () => {
    const [key] = Object.values(synthesize().findResources('AWS::SecretsManager::Secret'));
    expect(key?.['DependsOn']).toContainEqual(expect.stringMatching(/^LogoutRoleDefaultPolicy/));
  });
});

import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { describe, expect, it } from 'vitest';
import { synthesize } from './synthesize.ts';

type Settings = Record<string, unknown>;

const KMS_KEY = {
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
};
const OTHERS = {
  alarmEmail: 'owner@blink-logout.dev',
  webhookRatePerSecond: 9,
  webhookBurst: 9,
  maxConcurrency: 9,
  memoryMb: 256,
  refreshTokenMaxAgeDays: 9,
  logRetentionDays: 7,
  retainLogs: true,
  sessionMetrics: false,
  dashboard: false,
  tracing: true,
  blinkUserAgent: 'Other',
};

/** Losing one of these breaks senders, loses events or logs, or changes an address. */
const KEPT = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Stage',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::SecretsManager::Secret',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
];

const FUNCTION_0_2_0 = 'LogoutFunction82EEDBE3';
const TOPIC_0_2_0 = 'AlarmTopicC2164170';
const ApiId = { Ref: 'WebhookApi427E2EB3' };
const route = (RouteKey: string) => ({ Type: 'AWS::ApiGatewayV2::Route', Properties: { ApiId, RouteKey } });

/**
 * Of 0.2.0 with a schedule and an e-mail address: the resources whose loss would be noticed, and what calls them, with the properties
 * whose change could replace them.
 */
const RESOURCES_0_2_0 = {
  DeadLettersQueue631681B1: { Type: 'AWS::SQS::Queue' },
  LogoutLog420F7958: { Type: 'AWS::Logs::LogGroup' },
  [FUNCTION_0_2_0]: {
    Type: 'AWS::Lambda::Function',
    Properties: { Role: { 'Fn::GetAtt': ['LogoutRole23CC8892', 'Arn'] }, Runtime: 'nodejs24.x' },
  },
  WebhookApi427E2EB3: {
    Type: 'AWS::ApiGatewayV2::Api',
    Properties: { Name: 'blink-logout', ProtocolType: 'HTTP' },
  },
  WebhookApiDefaultRouteIntegrationE94968AB: {
    Type: 'AWS::ApiGatewayV2::Integration',
    Properties: {
      ApiId,
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { 'Fn::GetAtt': [FUNCTION_0_2_0, 'Arn'] },
    },
  },
  WebhookApiDefaultRouteDC64AEC2: route('$default'),
  WebhookApiPOSTlogout181CCA0B: route('POST /logout'),
  WebhookApiPOSTlogoutsession47C52A87: route('POST /logout/{session}'),
  WebhookAccessLog49B4A173: {
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: '/aws/vendedlogs/blink-logout/webhook' },
  },
  WebhookStage2A7C3F54: {
    Type: 'AWS::ApiGatewayV2::Stage',
    Properties: { ApiId, StageName: '$default' },
  },
  WebhookKeyA5BA3D1B: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: { Name: 'blink-logout-webhook-key' },
  },
  [TOPIC_0_2_0]: { Type: 'AWS::SNS::Topic' },
  AlarmTopicownerblinklogoutdev5E38260C: {
    Type: 'AWS::SNS::Subscription',
    Properties: { Endpoint: 'owner@blink-logout.dev', Protocol: 'email', TopicArn: { Ref: TOPIC_0_2_0 } },
  },
};

/** What CloudFormation does, by its own specification of each property ("Update requires"). */
function lossesOf(from: object, to: object): string[] {
  const losses: string[] = [];
  fullDiff(from, to).resources.forEachDifference((id, resource) => {
    const type = resource.oldResourceType ?? resource.newResourceType ?? '';
    const replaced =
      resource.changeImpact === ResourceImpact.WILL_REPLACE ||
      resource.changeImpact === ResourceImpact.MAY_REPLACE;
    if (replaced || (resource.isRemoval && KEPT.includes(type))) {
      losses.push(`${resource.changeImpact} ${type} ${id}`);
    }
  });
  return losses;
}

describe('a change of settings replaces nothing, and removes no key, function, API or log:', () => {
  it.each<[string, Settings, Settings]>([
    ['a schedule', {}, { schedule: 'rate(1 day)' }],
    ['a schedule that no alarm can watch', { schedule: 'rate(1 day)' }, { schedule: 'rate(20 days)' }],
    ['webhookAuth and a KMS key', {}, { webhookAuth: 'iam', ...KMS_KEY }],
    ['another KMS key', { webhookAuth: 'iam', ...KMS_KEY }, { kmsKeyArn: `${KMS_KEY.kmsKeyArn}-other` }],
    ['all other settings', {}, OTHERS],
  ])('%s, there and back', (_, before, after) => {
    const [one, other] = [synthesize(before).toJSON(), synthesize(after).toJSON()];
    expect(lossesOf(one, other)).toEqual([]);
    expect(lossesOf(other, one)).toEqual([]);
  });
});

it('the upgrade from 0.2.0 replaces the function and the topic, which get names, and keeps URL, key, logs and queue', () => {
  const upgraded = synthesize({
    schedule: 'cron(0 3 * * ? *)',
    alarmEmail: 'owner@blink-logout.dev',
  }).toJSON();
  expect(lossesOf({ Resources: RESOURCES_0_2_0 }, upgraded)).toEqual([
    'WILL_REPLACE AWS::Lambda::Function LogoutFunction82EEDBE3',
    'WILL_REPLACE AWS::SNS::Topic AlarmTopicC2164170',
    'WILL_REPLACE AWS::SNS::Subscription AlarmTopicownerblinklogoutdev5E38260C',
  ]);
});

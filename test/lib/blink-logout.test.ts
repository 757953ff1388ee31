import { fileURLToPath } from 'node:url';
import { App, Duration, NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { METRICS } from '../../lambda/logout/metrics.ts';
import { BlinkLogout, type BlinkLogoutProps } from '../../lib/blink-logout.ts';
import type { Settings } from '../../lib/settings.ts';

const bundleDirectory = fileURLToPath(new URL('empty-bundle', import.meta.url));

function newApp(): App {
  return new App({ builtinCloudFormationValidation: false });
}

function newStack(): Stack {
  return new Stack(newApp(), 'Operators');
}

function twice(stack: Stack): readonly [Stack, Stack] {
  return [stack, stack];
}

function nestedIn(stack: Stack): readonly [Stack, NestedStack] {
  return [stack, new NestedStack(stack, 'Nested')];
}

describe('BlinkLogout', () => {
  it('can be in one stack twice, under different names', () => {
    const stack = newStack();
    new BlinkLogout(stack, 'Garden', { name: 'garden', bundleDirectory, schedule: 'rate(1 day)' });
    new BlinkLogout(stack, 'Cellar', { name: 'cellar', bundleDirectory, schedule: 'rate(1 day)' });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::Lambda::Alias', 2);
    for (const name of ['garden', 'cellar']) {
      template.hasResourceProperties('AWS::Lambda::Function', {
        Environment: { Variables: Match.objectLike({ BLINK_LOGOUT_NAME: `blink-logout-${name}` }) },
      });
      template.hasResourceProperties('AWS::SecretsManager::Secret', {
        Name: `blink-logout-${name}-webhook-key`,
      });
    }
    expect(template.findOutputs('*')).toEqual({});
  });

  const IRELAND = { env: { account: '111122223333', region: 'eu-west-1' } };
  const OREGON = { env: { account: '111122223333', region: 'us-west-2' } };
  it.each<[string, (app: App) => readonly [Construct, Construct], boolean]>([
    ['one stack', (app) => twice(new Stack(app, 'A')), true],
    ['two stacks', (app) => [new Stack(app, 'A'), new Stack(app, 'B')], true],
    ['a stack and a nested one', (app) => nestedIn(new Stack(app, 'A')), true],
    ['two stacks of one Region', (app) => [new Stack(app, 'A', IRELAND), new Stack(app, 'B', IRELAND)], true],
    ['two Regions', (app) => [new Stack(app, 'A', IRELAND), new Stack(app, 'B', OREGON)], false],
    [
      'two Stages of one Region',
      (app) => [new Stack(new Stage(app, 'S', IRELAND), 'A'), new Stack(new Stage(app, 'T', IRELAND), 'A')],
      true,
    ],
    [
      'two Stages',
      (app) => [new Stack(new Stage(app, 'S'), 'A'), new Stack(new Stage(app, 'T'), 'A')],
      false,
    ],
    ['a known and an unknown Region', (app) => [new Stack(app, 'A', IRELAND), new Stack(app, 'B')], false],
  ])(
    'of the same name twice in %s is refused only where both would be deployed together',
    (_, places, refused) => {
      const [one, other] = places(newApp());
      const made = new BlinkLogout(one, 'Garden', { bundleDirectory });
      const message = `${other.node.path}/Cellar and ${made.node.path} are both called blink-logout; expected another name for one of them.`;
      const make = expect(() => new BlinkLogout(other, 'Cellar', { bundleDirectory }));
      if (refused) make.toThrow(message);
      else make.not.toThrow();
    },
  );

  it('refuses wrong props with the messages of the settings', () => {
    expect(() => new BlinkLogout(newStack(), 'Garden', { webhookBurst: 0, timeZone: 'Mars/Base' })).toThrow(
      /^timeZone was given as "Mars\/Base"; expected .*\nwebhookBurst was given as 0; expected a whole number/,
    );
  });

  it.each(['maxConcurrency', 'webhookRatePerSecond'])(
    'warns if %s is above what Secrets Manager carries',
    (name) => {
      const warnings = (value: number) => {
        const stack = newStack();
        new BlinkLogout(stack, 'Garden', { bundleDirectory, [name]: value });
        return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(name));
      };
      expect(warnings(12)).toEqual([]);
      expect(warnings(13)[0]?.entry.data).toContain(
        `${name} is 13; use at most 12. Secrets Manager accepts 50 writes a second in an account and Region, and a logout needs 4.`,
      );
    },
  );

  it('accepts the ARN of a key that the same stack creates', () => {
    const stack = newStack();
    const key = new Key(stack, 'Key');
    new BlinkLogout(stack, 'Garden', { bundleDirectory, kmsKeyArn: key.keyArn });
    Template.fromStack(stack).hasResourceProperties('AWS::SecretsManager::Secret', {
      KmsKeyId: stack.resolve(key.keyArn),
    });
  });

  it('sends alarms to a topic that exists, and needs neither a topic nor a dashboard of its own', () => {
    const stack = newStack();
    const alarmTopic = new Topic(stack, 'Topic');
    const made = new BlinkLogout(stack, 'Garden', {
      bundleDirectory,
      alarmTopic,
      alarmEmail: 'owner@blink-logout.dev',
      dashboard: false,
    });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SNS::Topic', 1);
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
    const topic = stack.resolve(alarmTopic.topicArn);
    template.hasResourceProperties('AWS::SNS::Subscription', { TopicArn: topic });
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [topic] });
    expect(made.topic).toBe(alarmTopic);
  });

  it('keeps its logs if that is set', () => {
    const deletionPolicies = (retainLogs: boolean) => {
      const stack = newStack();
      new BlinkLogout(stack, 'Garden', { bundleDirectory, retainLogs });
      const logs = Template.fromStack(stack).findResources('AWS::Logs::LogGroup');
      return Object.values(logs).map(({ DeletionPolicy }) => DeletionPolicy);
    };
    expect(deletionPolicies(true)).toEqual(['Retain', 'Retain', 'Retain']);
    expect(deletionPolicies(false)).toEqual(['Delete', 'Delete', 'Delete']);
  });

  it('has metrics for alarms of its owner, as the runs send them', () => {
    const made = new BlinkLogout(newStack(), 'Garden', { bundleDirectory, name: 'garden' });
    const metrics = [
      made.metricLoggedOut(),
      made.metricFailed(),
      made.metric('SaveFailed', { period: Duration.hours(1) }),
    ];
    expect(metrics.map(({ namespace, metricName, statistic }) => [namespace, metricName, statistic])).toEqual(
      ['LoggedOut', 'Failed', 'SaveFailed'].map((name) => ['blink-logout-garden', name, 'Sum']),
    );
    for (const { metricName } of metrics) expect([...METRICS.keys()]).toContain(metricName);
    expect(metrics[2]?.period).toEqual(Duration.hours(1));
  });

  it('permits a grantee to invoke the function, and exposes what it consists of', () => {
    const stack = newStack();
    const made = new BlinkLogout(stack, 'Garden', { bundleDirectory });
    made.grantInvoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    const functionId = stack.resolve(made.function.functionName).Ref;
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^Caller') }],
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: 'lambda:InvokeFunction',
            Resource: Match.arrayWith([{ 'Fn::GetAtt': [functionId, 'Arn'] }]),
          }),
        ],
      },
    });
    expect(made.alarms.length).toBeGreaterThan(5);
    expect(made.webhookUrl).toBe(`${made.api.apiEndpoint}/logout`);
    expect(made.fleet.functionArn).not.toBe(made.function.functionArn);
  });
});

describe('the props', () => {
  it('accept every setting', () => {
    expectTypeOf<Settings>().toExtend<BlinkLogoutProps>();
    expectTypeOf<Exclude<keyof BlinkLogoutProps, 'bundleDirectory' | 'alarmTopic'>>().toEqualTypeOf<
      keyof Settings
    >();
  });
});

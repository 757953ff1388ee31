import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type App, Duration, NestedStack, Stack, Stage, type StageProps } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../lambda/logout/metrics.ts';
import { BlinkLogout } from '../../lib/blink-logout.ts';
import { rightsOf } from './facts.ts';
import { EMPTY_BUNDLE, newApp, toldBy } from './synthesize.ts';

const bundleDirectory = EMPTY_BUNDLE;

function newStack(): Stack {
  return new Stack(newApp(), 'Operators');
}

function inStage(app: App, id: string, props?: StageProps): Stack {
  return new Stack(new Stage(app, id, props), 'A');
}

describe('BlinkLogout', () => {
  const IRELAND = { env: { account: '111122223333', region: 'eu-west-1' } };
  const OREGON = { env: { account: '111122223333', region: 'us-west-2' } };
  it.each<[string, boolean, (app: App) => Stack, (app: App, one: Stack) => Stack]>([
    ['one stack', true, (app) => new Stack(app, 'A'), (_, one) => one],
    ['two stacks', true, (app) => new Stack(app, 'A'), (app) => new Stack(app, 'B')],
    ['a nested stack', true, (app) => new Stack(app, 'A'), (_, one) => new NestedStack(one, 'Nested')],
    ['one Region', true, (app) => new Stack(app, 'A', IRELAND), (app) => new Stack(app, 'B', IRELAND)],
    ['two Regions', false, (app) => new Stack(app, 'A', IRELAND), (app) => new Stack(app, 'B', OREGON)],
    ['a Stage of one Region', true, (app) => inStage(app, 'S', IRELAND), (app) => inStage(app, 'T', IRELAND)],
    ['two Stages', false, (app) => inStage(app, 'S'), (app) => inStage(app, 'T')],
    ['an unknown Region', false, (app) => new Stack(app, 'A', IRELAND), (app) => new Stack(app, 'B')],
  ])(
    'of the same name twice in %s is refused only where both would be deployed together: %s',
    (_, refused, first, second) => {
      const app = newApp();
      const one = first(app);
      const other = second(app, one);
      const made = new BlinkLogout(one, 'Garden', { bundleDirectory });
      const message = `${other.node.path}/Cellar and ${made.node.path} are both called blink-logout; expected another name for one of them.`;
      const make = expect(() => new BlinkLogout(other, 'Cellar', { bundleDirectory }));
      if (refused) make.toThrow(message);
      else make.not.toThrow();
    },
  );

  it('refuses wrong props with the messages of the settings', () => {
    expect(() => new BlinkLogout(newStack(), 'Garden', { webhookBurst: 0, timeZone: 'Mars/Base' })).toThrow(
      /^webhookBurst was given as 0; expected .*\ntimeZone was given as "Mars\/Base"; expected an IANA time zone/,
    );
  });

  it.each(['maxConcurrency', 'webhookRatePerSecond'])(
    'warns if %s is above what Secrets Manager carries',
    (name) => {
      const told = (value: number) => {
        const made = new BlinkLogout(newStack(), 'Garden', { bundleDirectory, [name]: value });
        return toldBy(made).filter((text) => String(text).startsWith(name));
      };
      expect(told(12)).toEqual([]);
      expect(told(13)).toEqual([
        expect.stringContaining(
          `${name} is 13; use at most 12. Secrets Manager accepts 50 writes a second in an account and Region, and a logout needs 4.`,
        ),
      ]);
    },
  );

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

  it('has metrics for alarms of its owner, as the runs send them', () => {
    const made = new BlinkLogout(newStack(), 'Garden', { bundleDirectory, name: 'garden' });
    const period = Duration.hours(1);
    const metrics = [made.metricLoggedOut(), made.metricFailed(), made.metric('SaveFailed', { period })];
    const of = { namespace: 'blink-logout-garden', statistic: 'Sum' };
    expect(metrics).toMatchObject([
      { ...of, metricName: 'LoggedOut' },
      { ...of, metricName: 'Failed' },
      { ...of, metricName: 'SaveFailed', period },
    ]);
    for (const { metricName } of metrics) expect([...METRICS.keys()]).toContain(metricName);
  });

  it('permits a grantee to invoke the function, and exposes what it consists of', () => {
    const stack = newStack();
    const made = new BlinkLogout(stack, 'Garden', { bundleDirectory });
    made.grantInvoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    expect(rightsOf(Template.fromStack(stack), 'Caller')).toEqual([
      'lambda:InvokeFunction on GardenLogoutFunction.Arn',
      'lambda:InvokeFunction on GardenLogoutFunction.Arn:*',
    ]);
    expect(made.alarms.length).toBeGreaterThan(5);
    expect(made.webhookUrl).toBe(`${made.api.apiEndpoint}/logout`);
    expect(made.fleet.functionArn).not.toBe(made.function.functionArn);
  });
});

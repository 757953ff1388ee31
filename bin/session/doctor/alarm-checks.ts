import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import * as v from 'valibot';
import type { Target } from '../target.ts';
import { type Check, notConfigured, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';

const subscriptionSchema = v.object({ Protocol: v.string(), SubscriptionArn: v.string() });

export function mailIsConfirmed(target: Target, stack: DeployedStack): Check {
  const [topicArn = ''] = stack.resources('AWS::SNS::Topic');
  return {
    name: 'mail',
    async look() {
      const client = new SNSClient(target.clientConfig);
      const arns: string[] = [];
      for await (const page of paginateListSubscriptionsByTopic({ client }, { TopicArn: topicArn })) {
        for (const subscription of page.Subscriptions ?? []) {
          const { Protocol, SubscriptionArn } = v.parse(subscriptionSchema, subscription);
          if (Protocol === 'email') arns.push(SubscriptionArn);
        }
      }
      client.destroy();
      // In place of an ARN, the list has `PendingConfirmation` or `Deleted`.
      if (arns.includes('PendingConfirmation')) {
        return notOk(
          'The mail subscription of the alarms is not confirmed.',
          'Open the mail from "AWS Notifications" and confirm; look into the spam folder, too. Amazon SNS drops the subscription after 48 hours.',
        );
      }
      if (arns.some((arn) => arn.startsWith('arn:')))
        return ok('The mail subscription of the alarms is confirmed.');
      return stack.resources('AWS::SNS::Subscription').length > 0
        ? notOk(
            'The mail subscription of the alarms does not exist: it was not confirmed within 48 hours, or it was ended.',
            `Subscribe again, and confirm: ${target.awsCommandLine('sns', 'subscribe', '--topic-arn', topicArn, '--protocol email --notification-endpoint ADDRESS')}`,
          )
        : notConfigured(
            'No address receives the alarms.',
            'To have one, add "alarmEmail" to settings.json and deploy.',
          );
    },
  };
}

const alarmsSchema = v.object({
  MetricAlarms: v.array(
    v.object({ AlarmName: v.string(), StateValue: v.string(), ActionsEnabled: v.boolean() }),
  ),
});

/** DescribeAlarms accepts 100 names; the stack has fewer alarms. */
export function noAlarmRings(target: Target, stack: DeployedStack): Check {
  const names = stack.resources('AWS::CloudWatch::Alarm');
  return {
    name: 'alarms',
    async look() {
      const client = new CloudWatchClient(target.clientConfig);
      const command = new DescribeAlarmsCommand({ AlarmNames: [...names], MaxRecords: 100 });
      const { MetricAlarms: alarms } = v.parse(alarmsSchema, await client.send(command));
      client.destroy();
      const ringing = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
      const silenced = alarms.filter(({ ActionsEnabled }) => !ActionsEnabled);
      const section = (name: string) => name.slice(stack.name.length + 1);
      const advice = [
        ...ringing.map(
          ({ AlarmName }) => `${AlarmName} rings: see "${section(AlarmName)}" in docs/runbook.md.`,
        ),
        ...silenced.map(
          ({ AlarmName }) =>
            `${AlarmName} sends no e-mail: ${target.awsCommandLine('cloudwatch', 'enable-alarm-actions', '--alarm-names', AlarmName)}`,
        ),
      ];
      if (advice.length === 0) return ok(`None of ${alarms.length} alarms rings.`);
      return notOk(
        ringing.length > 0
          ? `${ringing.length} of ${alarms.length} alarms ${ringing.length === 1 ? 'rings' : 'ring'}.`
          : `No alarm rings, but ${silenced.length} of ${alarms.length} would send no e-mail.`,
        ...advice,
      );
    },
  };
}

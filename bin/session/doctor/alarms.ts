import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';
import type { Target } from '../target.ts';
import { DEPLOY_AGAIN, type Finding, notConfigured, notOk, ok } from './check.ts';
import type { DeployedStack } from './deployed-stack.ts';

export async function examineMail(target: Target, stack: DeployedStack): Promise<Finding> {
  const [topicArn] = stack.ids('AWS::SNS::Topic', 'AlarmTopic');
  if (topicArn === undefined) return notConfigured('The alarms go to a topic that is not of this stack.');
  const client = new SNSClient(target.clientConfig);
  const pages = await Array.fromAsync(paginateListSubscriptionsByTopic({ client }, { TopicArn: topicArn }));
  const subscriptions = pages.flatMap(({ Subscriptions = [] }) => Subscriptions);
  const arns = subscriptions.flatMap(({ Protocol, SubscriptionArn = '' }) =>
    Protocol === 'email' ? SubscriptionArn : [],
  );
  // In place of an ARN, the list has `PendingConfirmation` or `Deleted`.
  if (arns.includes('PendingConfirmation')) {
    return notOk(
      'The mail subscription of the alarms is not confirmed.',
      'Open the mail from "AWS Notifications" and confirm; look into the spam folder, too. Amazon SNS drops the subscription after 48 hours.',
    );
  }
  if (arns.some((arn) => arn.startsWith('arn:')))
    return ok('The mail subscription of the alarms is confirmed.');
  return stack.ids('AWS::SNS::Subscription', 'AlarmTopic').length > 0
    ? notOk(
        'The mail subscription of the alarms does not exist: it was not confirmed within 48 hours, or it was ended.',
        `Subscribe again, and confirm: ${target.awsCommandLine('sns', 'subscribe', '--topic-arn', topicArn, '--protocol email --notification-endpoint ADDRESS')}`,
      )
    : notConfigured(
        'No address receives the alarms.',
        'To have one, add "alarmEmail" to settings.json and deploy.',
      );
}

/** A new alarm has no data before CloudWatch evaluates it. */
const NEW_MS = 3_600_000;

/** DescribeAlarms accepts 100 names; we have fewer alarms. */
export async function examineAlarms(target: Target, stack: DeployedStack): Promise<Finding> {
  const names = stack.ids('AWS::CloudWatch::Alarm', 'Alarms');
  if (names.length === 0) return notOk('The stack has no alarms.', DEPLOY_AGAIN);
  const command = new DescribeAlarmsCommand({ AlarmNames: [...names], MaxRecords: 100 });
  const { MetricAlarms: alarms = [] } = await new CloudWatchClient(target.clientConfig).send(command);
  const faults = names.flatMap((name) => {
    const section = `See "${name.slice(target.stackName.length + 1)}" in docs/runbook.md.`;
    const alarm = alarms.find(({ AlarmName }) => AlarmName === name);
    if (alarm === undefined) {
      return `${name} does not exist, and a deployment does not make it again. Make it in the CloudWatch console; its properties are in the template of ${stack.name}.`;
    }
    const ageMs = Date.now() - (alarm.AlarmConfigurationUpdatedTimestamp?.getTime() ?? 0);
    if (alarm.StateValue === 'ALARM') return `${name} is in ALARM. ${section}`;
    if (alarm.StateValue === 'INSUFFICIENT_DATA' && ageMs > NEW_MS)
      return `${name} lacks the data that it needs. ${section}`;
    return alarm.ActionsEnabled
      ? []
      : `${name} sends no e-mail. Enable it: ${target.awsCommandLine('cloudwatch', 'enable-alarm-actions', '--alarm-names', name)}`;
  });
  return faults.length === 0
    ? ok(`All ${names.length} alarms have data, and none is in ALARM.`)
    : notOk(`${faults.length} of ${names.length} alarms need attention.`, ...faults);
}

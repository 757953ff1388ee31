import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { serviceOfAccount } from './service-of-account.ts';
import type { Settings } from './settings.ts';

/** The topic of the alarms, and its e-mail subscription. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { settings }: { readonly settings: Settings }) {
    super(scope, id);
    // The topic is not encrypted at rest. An alarm contains no secret, CloudWatch cannot use the AWS managed key for SNS,
    // and a customer managed key costs more than the rest of the stack (Amazon SNS Developer Guide, "Key management").
    this.topic = new Topic(this, 'Topic', { topicName: stackName(settings.name), enforceSSL: true });
    // The topic's policy replaces the default policy, which admits CloudWatch.
    this.topic.addToResourcePolicy(byAlarmsOfThisAccount(this.topic));
    if (settings.alarmEmail !== undefined) {
      this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));
    }
  }
}

function byAlarmsOfThisAccount(topic: Topic): PolicyStatement {
  return new PolicyStatement({
    principals: [serviceOfAccount(topic, 'cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
  });
}

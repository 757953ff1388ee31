import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { serviceOfAccount } from './service-of-account.ts';
import type { Settings } from './settings.ts';

export interface AlarmTopicProps {
  readonly settings: Settings;
  /** Takes the place of a new topic. Its policy is its owner's. */
  readonly existing: ITopic | undefined;
}

/** The topic of the alarms, and its e-mail subscription. */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { settings, existing }: AlarmTopicProps) {
    super(scope, id);
    this.topic = existing ?? this.#newTopic(settings);
    if (settings.alarmEmail !== undefined) {
      this.topic.addSubscription(new EmailSubscription(settings.alarmEmail));
    }
  }

  #newTopic(settings: Settings): ITopic {
    // The topic is not encrypted at rest. An alarm contains no secret, CloudWatch cannot use the AWS managed key for SNS,
    // and a customer managed key costs more than the rest of the stack (Amazon SNS Developer Guide, "Key management").
    const topic = new Topic(this, 'Topic', { topicName: stackName(settings.name), enforceSSL: true });
    // The topic's policy replaces the default policy, which admits CloudWatch.
    topic.addToResourcePolicy(byAlarmsOfThisAccount(topic));
    return topic;
  }
}

function byAlarmsOfThisAccount(topic: Topic): PolicyStatement {
  return new PolicyStatement({
    principals: [serviceOfAccount(topic, 'cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
  });
}

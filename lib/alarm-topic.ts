import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { stackName } from '../lambda/core/stack-name.ts';
import { serviceOfAccount } from './service-of-account.ts';
import type { Settings } from './settings.ts';

/** The topic of the alarms and of the fleet's digest, and its e-mail subscription. The policy of an existing one is its owner's. */
export class AlarmTopic extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { name, alarmEmail }: Settings, existing: ITopic | undefined) {
    super(scope, id);
    this.topic = existing ?? this.#newTopic(stackName(name));
    if (alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(alarmEmail));
  }

  #newTopic(topicName: string): Topic {
    // The topic is not encrypted at rest. An alarm contains no secret, CloudWatch cannot use the AWS managed key for SNS,
    // and a customer managed key costs more than the rest of the stack (Amazon SNS Developer Guide, "Key management").
    const topic = new Topic(this, 'Topic', { topicName, enforceSSL: true });
    // The topic's policy replaces the default policy, which admits CloudWatch.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [serviceOfAccount(this, 'cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
      }),
    );
    return topic;
  }
}

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import { AlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { DeadLetters } from './dead-letters.ts';
import { Fleet } from './fleet/fleet.ts';
import { LogoutFunction } from './logout-function.ts';
import { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import { metadataOf } from './settings-in-force.ts';
import { Webhook } from './webhook.ts';

export interface BlinkLogoutStackProps extends StackProps {
  readonly settings: Settings;
  /** Holds the built `handler.js`. */
  readonly bundleDirectory: string;
}

export class BlinkLogoutStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundleDirectory, ...props }: BlinkLogoutStackProps) {
    super(scope, id, { description: 'Ends the session of a Blink client', ...props });
    this.templateOptions.metadata = metadataOf(settings);
    const { queue: deadLetters } = new DeadLetters(this, 'DeadLetters');
    const { function: target } = new LogoutFunction(this, 'Logout', {
      settings,
      bundleDirectory,
      deadLetters,
    });
    const { api } = new Webhook(this, 'Webhook', { settings, function: target });

    const { topic } = new AlarmTopic(this, 'AlarmTopic', { settings });
    const { stateMachine } = new Fleet(this, 'Fleet', { settings, function: target, topic });
    new Schedule(this, 'Schedule', { settings, function: target, stateMachine, deadLetters });

    const action = new SnsAction(topic);
    const { alarms } = new Alarms(this, 'Alarms', {
      settings,
      function: target,
      api,
      deadLetters,
      stateMachine,
      action,
    });
    new Dashboard(this, 'Dashboard', { settings, function: target, api, deadLetters, stateMachine, alarms });

    new CfnOutput(this, 'FunctionName', { value: target.functionName });
  }
}

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DeadLetters } from './dead-letters.ts';
import { LogoutFunction } from './logout-function.ts';
import { Schedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import { Webhook } from './webhook.ts';

export interface BlinkLogoutStackProps extends StackProps {
  readonly settings: Settings;
  /** Holds the built `handler.js`. */
  readonly bundleDirectory: string;
}

export class BlinkLogoutStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundleDirectory, ...props }: BlinkLogoutStackProps) {
    super(scope, id, { description: 'Ends the session of a Blink client', ...props });
    const { queue: deadLetters } = new DeadLetters(this, 'DeadLetters');
    const { function: target } = new LogoutFunction(this, 'Logout', {
      settings,
      bundleDirectory,
      deadLetters,
    });
    new Webhook(this, 'Webhook', { settings, function: target });
    new Schedule(this, 'Schedule', { settings, function: target, deadLetters });
    new CfnOutput(this, 'FunctionName', { value: target.functionName });
  }
}

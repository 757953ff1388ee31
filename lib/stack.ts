import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { stackName, webhookKeySecretName } from '../lambda/core/stack-name.ts';
import { BlinkLogout } from './blink-logout.ts';
import type { Settings } from './settings.ts';

export interface BlinkLogoutStackProps extends StackProps {
  readonly settings: Settings;
  /** As of BlinkLogout. */
  readonly bundleDirectory?: string | undefined;
}

/** A stack of one BlinkLogout, with its outputs. */
export class BlinkLogoutStack extends Stack {
  constructor(scope: Construct, id: string, { settings, bundleDirectory, ...props }: BlinkLogoutStackProps) {
    super(scope, id, { description: 'Ends the session of a Blink client', ...props });
    // The CDK leaves `Default` out of logical ids.
    const made = new BlinkLogout(this, 'Default', { ...settings, bundleDirectory });

    new CfnOutput(this, 'FunctionName', { value: made.function.functionName });
    new CfnOutput(this, 'FleetArn', { value: made.fleet.functionArn });
    new CfnOutput(this, 'WebhookUrl', { value: made.webhookUrl });
    if (settings.webhookAuth !== 'key') return;
    new CfnOutput(this, 'ReadWebhookKeyCommand', {
      value: `aws secretsmanager get-secret-value --region ${this.region} --secret-id ${webhookKeySecretName(stackName(settings.name))} --query SecretString --output text`,
    });
  }
}

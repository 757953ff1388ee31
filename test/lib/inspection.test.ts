import { type App, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { appWith } from './synthesize.ts';

/** Throws with a list of the findings that are not acknowledged. */
function inspect(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
}

describe('the inspection by AwsSolutions', () => {
  it('finds nothing with the defaults', () => {
    inspect(appWith({}).app);
  });

  it('finds nothing with every setting changed', () => {
    const settings = {
      schedule: 'rate(1 day)',
      alarmEmail: 'owner@blink-logout.dev',
      webhookAuth: 'iam',
      kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      tracing: true,
    };
    inspect(appWith(settings).app);
  });

  it('finds nothing with all sessions on a schedule, in UTC and in a time zone', () => {
    const nightly = { schedule: 'cron(0 3 * * ? *)', sessions: 'all', sessionMetrics: false };
    inspect(appWith(nightly).app);
    inspect(appWith({ ...nightly, timeZone: 'Europe/Berlin' }).app);
  });

  it('would find a queue that takes more than TLS', () => {
    const { app, stack } = appWith({});
    new Queue(stack, 'Careless');
    expect(() => inspect(app)).toThrow(/blink-logout\/Careless.*AwsSolutions-SQS4/s);
  });
});

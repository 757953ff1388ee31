import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { BlinkLogout, type BlinkLogoutProps } from '../../lib/blink-logout.ts';
import type { Settings } from '../../lib/settings.ts';

const bundleDirectory = fileURLToPath(new URL('empty-bundle', import.meta.url));

function newStack(): Stack {
  return new Stack(new App({ builtinCloudFormationValidation: false }), 'Operators');
}

describe('BlinkLogout', () => {
  it('can be in one stack twice, under different names', () => {
    const stack = newStack();
    new BlinkLogout(stack, 'Garden', { name: 'garden', bundleDirectory, schedule: 'rate(1 day)' });
    new BlinkLogout(stack, 'Cellar', { name: 'cellar', bundleDirectory, schedule: 'rate(1 day)' });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 2);
    for (const name of ['garden', 'cellar']) {
      template.hasResourceProperties('AWS::Lambda::Function', {
        Environment: { Variables: Match.objectLike({ BLINK_LOGOUT_NAME: name }) },
      });
      template.hasResourceProperties('AWS::SecretsManager::Secret', { Name: `${name}-webhook-key` });
    }
    expect(template.findOutputs('*')).toEqual({});
  });

  it('refuses a name that another one in the stack has', () => {
    const stack = newStack();
    new BlinkLogout(stack, 'Garden', { bundleDirectory });
    expect(() => new BlinkLogout(stack, 'Cellar', { bundleDirectory })).toThrow(
      'name was given as "blink-logout", which Operators/Garden has; accepted is another name.',
    );
  });

  it('refuses wrong props with the messages of the settings', () => {
    expect(() => new BlinkLogout(newStack(), 'Garden', { webhookBurst: 0, timeZone: 'Mars/Base' })).toThrow(
      /^timeZone was given as "Mars\/Base"; accepted is .*\nwebhookBurst was given as 0; accepted is a whole number/,
    );
  });

  it('accepts the ARN of a key that the same stack creates', () => {
    const stack = newStack();
    const key = new Key(stack, 'Key');
    new BlinkLogout(stack, 'Garden', { bundleDirectory, kmsKeyArn: key.keyArn });
    Template.fromStack(stack).hasResourceProperties('AWS::SecretsManager::Secret', {
      KmsKeyId: stack.resolve(key.keyArn),
    });
  });

  it('permits a grantee to invoke the function, and exposes what it consists of', () => {
    const stack = newStack();
    const made = new BlinkLogout(stack, 'Garden', { bundleDirectory });
    made.grantInvoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    const functionId = stack.resolve(made.function.functionName).Ref;
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^Caller') }],
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Action: 'lambda:InvokeFunction',
            Resource: Match.arrayWith([{ 'Fn::GetAtt': [functionId, 'Arn'] }]),
          }),
        ],
      },
    });
    expect(made.alarms.length).toBeGreaterThan(5);
    expect(made.webhookUrl).toBe(`${made.api.apiEndpoint}/logout`);
    expect(made.stateMachine.stateMachineArn).not.toBe(made.topic.topicArn);
  });
});

describe('the props', () => {
  it('accept every setting', () => {
    expectTypeOf<Settings>().toExtend<BlinkLogoutProps>();
    expectTypeOf<Exclude<keyof BlinkLogoutProps, 'bundleDirectory'>>().toEqualTypeOf<keyof Settings>();
  });
});

// An operator's app, for each kind of environment: three of blink-logout in one stack, a custom domain, tokens, cdk-nag.
// The test runs it beside the installed package.
import { createRequire } from 'node:module';
import { App, CfnParameter, NestedStack, Stack, Stage, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ApiMapping, DomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { BlinkLogout, SettingsError } from 'blink-logout';
import { AwsSolutionsChecks } from 'cdk-nag';

// All that follows holds for both kinds of modules, because they have the same classes.
const required = createRequire(import.meta.url)('blink-logout');
if (required.BlinkLogout !== BlinkLogout || required.SettingsError !== SettingsError) {
  throw new Error('require() gives other classes than import');
}

const ENVIRONMENTS = {
  agnostic: {},
  fixed: { env: { account: '111122223333', region: 'eu-central-1' } },
  literals: { env: { account: '111122223333', region: 'eu-central-1' }, literals: true },
  'literals, agnostic': { literals: true },
  China: { env: { account: '111122223333', region: 'cn-north-1' }, literals: true },
  'the European Sovereign Cloud': { env: { account: '111122223333', region: 'eusc-de-east-1' } },
  GovCloud: { env: { account: '111122223333', region: 'us-gov-west-1' }, literals: true },
  'a Region alone': { env: { region: 'us-east-1' } },
  'a Stage': {
    env: { account: '111122223333', region: 'eu-west-1' },
    place: (app, env) => new Stage(app, 'Prod', { env }),
  },
  'a nested stack': { nested: true },
  'a nested stack in a fixed environment': {
    env: { account: '111122223333', region: 'eu-west-1' },
    nested: true,
  },
};

for (const [name, { env, literals = false, place = (app) => app, nested = false }] of Object.entries(
  ENVIRONMENTS,
)) {
  const app = new App({
    context: { '@aws-cdk/core:enablePartitionLiterals': literals },
    builtinCloudFormationValidation: false,
  });
  const top = new Stack(place(app, env), 'House', { ...(env && { env }) });
  const stack = nested ? new NestedStack(top, 'Nested') : top;
  const email = new CfnParameter(stack, 'Email');
  const garden = new BlinkLogout(stack, 'Garden', {
    name: 'garden',
    schedule: 'cron(0 3 * * ? *)',
    timeZone: 'Europe/Berlin',
    sessions: ['porch', 'tenant-*'],
    tracing: true,
    alarmEmail: email.valueAsString,
    kmsKeyArn: StringParameter.valueForStringParameter(stack, '/house/key'),
  });
  new BlinkLogout(stack, 'Cellar', {
    name: 'cellar',
    webhookAuth: 'iam',
    schedule: 'rate(1 day)',
    sessions: 'all',
    dashboard: false,
    retainLogs: true,
    alarmTopic: Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-central-1:111122223333:house'),
  });
  new BlinkLogout(stack, 'Plain');
  const domainName = new DomainName(stack, 'Domain', {
    domainName: 'logout.blink-logout.dev',
    certificate: Certificate.fromCertificateArn(
      stack,
      'Certificate',
      'arn:aws:acm:eu-central-1:111122223333:certificate/1',
    ),
  });
  new ApiMapping(stack, 'Mapping', { api: garden.api, domainName, stage: garden.stage });
  let message = '';
  try {
    new BlinkLogout(stack, 'Garage', { name: 'garden' });
  } catch (error) {
    message = error instanceof SettingsError ? error.message : '';
  }
  if (!message.includes('are both called blink-logout-garden'))
    throw new Error(`${name}: the same name twice`);
  stack.node.tryRemoveChild('Garage');

  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
  const [mapping] = Object.values(Template.fromStack(stack).findResources('AWS::ApiGatewayV2::ApiMapping'));
  if (!mapping.DependsOn?.some((id) => /Stage/.test(id)))
    throw new Error(`${name}: the mapping does not wait for the stage`);
}

const careless = new App({ builtinCloudFormationValidation: false });
new Queue(new Stack(careless, 'House'), 'Careless');
Validations.of(careless).addPlugins(new AwsSolutionsChecks(careless));
let findings = '';
try {
  careless.synth();
} catch ({ message }) {
  findings = message;
}
if (!findings.includes('Validation failed'))
  throw new Error('cdk-nag would not find a queue that takes more than TLS');
console.log(Object.keys(ENVIRONMENTS).length);

import { describe, expect, it } from 'vitest';
import { rightsOf } from './rights.ts';
import { synthesize } from './synthesize.ts';

describe('the state machine', () => {
  it('may do this and nothing else', () => {
    const executions =
      'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:FleetStateMachine.Name:*';
    expect(rightsOf(synthesize(), 'FleetRole')).toEqual([
      'lambda:InvokeFunction on LogoutFunction.Arn',
      'secretsmanager:ListSecrets on *',
      'sns:Publish on AlarmTopic',
      'cloudwatch:PutMetricData on * if {"StringEquals":{"cloudwatch:namespace":"blink-logout"}}',
      'states:StartExecution on FleetStateMachine',
      `states:DescribeExecution on ${executions}`,
      `states:StopExecution on ${executions}`,
    ]);
  });

  it('is the only one that may list secrets', () => {
    expect(rightsOf(synthesize(), 'LogoutRole').join()).not.toContain('ListSecrets ');
  });

  it('logs out as many sessions at once as are set', () => {
    const [machine] = Object.values(
      synthesize({ maxConcurrency: 7 }).findResources('AWS::StepFunctions::StateMachine'),
    );
    expect(JSON.stringify(machine?.['Properties'].DefinitionString)).toContain(
      String.raw`\"MaxConcurrency\":7`,
    );
  });
});

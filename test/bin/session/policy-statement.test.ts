import { expect, test } from 'vitest';
import { kmsStatement, secretsStatement } from '../../../bin/session/errors/policy-statement.ts';

test.each([
  ['eu-central-1', 'aws', 'secretsmanager.eu-central-1.amazonaws.com'],
  ['us-gov-west-1', 'aws-us-gov', 'secretsmanager.us-gov-west-1.amazonaws.com'],
  ['cn-north-1', 'aws-cn', 'secretsmanager.cn-north-1.amazonaws.com.cn'],
])('statements for %s have the partition %s and the service’s name there', (region, partition, service) => {
  expect(kmsStatement(undefined, region)).toMatchObject({
    Resource: `arn:${partition}:kms:${region}:*:key/*`,
    Condition: { StringEquals: { 'kms:ViaService': service } },
  });
  expect(
    secretsStatement({ action: 'secretsmanager:PutSecretValue', secretName: 'x/garden' }, region),
  ).toEqual({
    Effect: 'Allow',
    Action: 'secretsmanager:PutSecretValue',
    Resource: `arn:${partition}:secretsmanager:${region}:*:secret:x/*`,
  });
});

import { Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/**
 * A service while it acts for the stack's account, and not for another that names our resource (IAM User Guide, "The confused deputy
 * problem"). No AWS document says that Lambda names the account when it assumes a function's role. `IfExists` holds it to the account if
 * it does, and lets the function be created if it does not.
 */
export function serviceOfAccount(scope: IConstruct, service: string): ServicePrincipal {
  const operator = service === 'lambda.amazonaws.com' ? 'StringEqualsIfExists' : 'StringEquals';
  return new ServicePrincipal(service, {
    conditions: { [operator]: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}

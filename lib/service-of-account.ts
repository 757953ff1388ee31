import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * A service while it acts for the stack's account, and not for another that names our resource (IAM User Guide, "The confused deputy
 * problem").
 * @param operator `StringEqualsIfExists` for a service that no AWS document says to name the account
 */
export function serviceOfAccount(
  scope: IConstruct,
  service: string,
  operator: 'StringEquals' | 'StringEqualsIfExists' = 'StringEquals',
): ServicePrincipal {
  return new ServicePrincipal(service, {
    conditions: { [operator]: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}

import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * A service while it acts for the stack's account, and not for another that names our resource (IAM User Guide, "The confused deputy
 * problem").
 */
export function serviceOfAccount(scope: IConstruct, service: string): ServicePrincipal {
  return new ServicePrincipal(service, {
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}

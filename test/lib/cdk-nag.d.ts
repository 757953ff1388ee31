import type { App, IPolicyValidationPlugin } from 'aws-cdk-lib/core';

/** What the tests use of cdk-nag. Its own types load those of every service, which is a third of the type check's time. */
export interface AwsSolutionsChecks extends IPolicyValidationPlugin {}
export const AwsSolutionsChecks: new (app: App) => AwsSolutionsChecks;

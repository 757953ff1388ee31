import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  CloudFormationServiceException,
  GetTemplateSummaryCommand,
} from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import { type DeployedSettings, settingsOfTemplate } from './settings-in-force.ts';

/** GetTemplateSummary returns the template's Metadata as a string (AWS CloudFormation API Reference). */
const summarySchema = v.object({ Metadata: v.pipe(v.string(), v.parseJson()) });

/** Reads the settings in the deployed stack's template. Returns `unknown` if the stack cannot be read. */
export async function readDeployedSettings(
  stackName: string,
  config: CloudFormationClientConfig,
): Promise<DeployedSettings> {
  const client = new CloudFormationClient({ maxAttempts: 2, ...config });
  try {
    const summary = await client.send(new GetTemplateSummaryCommand({ StackName: stackName }));
    return { kind: 'recorded', settings: settingsOfTemplate(v.parse(summarySchema, summary)) };
  } catch (error) {
    if (isNoSuchStack(error)) return { kind: 'none' };
    if (error instanceof v.ValiError) return { kind: 'unknown', why: 'the stack does not carry them.' };
    return {
      kind: 'unknown',
      why: `the stack could not be read (${error instanceof Error ? error.name : 'Error'}).`,
      cause: error,
    };
  } finally {
    client.destroy();
  }
}

/** CloudFormation has no error code for a stack that does not exist. */
export function isNoSuchStack(error: unknown): boolean {
  return (
    error instanceof CloudFormationServiceException &&
    error.name === 'ValidationError' &&
    error.message.includes('does not exist')
  );
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildFunction } from '../../../lib/function-bundle.ts';

const OF_THE_COMMANDS = [
  'bin/',
  'node_modules/@aws-sdk/client-cloudformation/',
  'node_modules/@aws-sdk/client-cloudwatch/',
  'node_modules/@aws-sdk/client-eventbridge/',
  'node_modules/@aws-sdk/client-lambda/',
  'node_modules/@aws-sdk/client-scheduler/',
  'node_modules/@aws-sdk/client-sfn/',
  'node_modules/@aws-sdk/client-sns/',
  'node_modules/@inquirer/',
  'node_modules/commander/',
  'node_modules/node-html-parser/',
  'node_modules/ora/',
  'node_modules/tough-cookie/',
];

test('the function’s bundle has nothing of what only the commands need', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'blink-logout-bundle-'));
  try {
    const { metafile } = await buildFunction(directory);
    const inputs = Object.keys(metafile.inputs);
    expect(inputs).toContain('lambda/core/blink/refresh.ts');
    expect(inputs.filter((path) => OF_THE_COMMANDS.some((prefix) => path.startsWith(prefix)))).toEqual([]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

import { WEBHOOK_KEY_SECRET_NAME } from '../../../lambda/environment.ts';
import { commandLine } from '../command-line.ts';
import { type Context, type ExitCode, OK } from '../context.ts';
import { duration } from '../terminal/duration.ts';
import { ofKey, readKey, rotateKey } from '../webhook-key.ts';

export const KEY_ACTIONS = ['show', 'rotate'] as const;
export type KeyAction = (typeof KEY_ACTIONS)[number];

/** The webhook's key: whether there is one, what it is, or another one. */
export async function key(context: Context, action: KeyAction | undefined): Promise<ExitCode> {
  switch (action) {
    case undefined:
      return tell(context);
    case 'show':
      return show(context);
    case 'rotate':
      return rotate(context);
  }
}

async function tell({ terminal, target }: Context): Promise<ExitCode> {
  const { versions, nowMs } = await terminal.progress('Reading about the key', () =>
    ofKey(() => target.store.listVersions(WEBHOOK_KEY_SECRET_NAME)),
  );
  const labelled = (label: string) => versions.find(({ labels }) => labels.includes(label));
  const ageMs = Math.max(0, nowMs - (labelled('AWSCURRENT')?.createdAtMs ?? nowMs));
  const previousAccepted = labelled('AWSPREVIOUS') !== undefined;
  terminal.result(
    { secret: WEBHOOK_KEY_SECRET_NAME, keyAgeSeconds: Math.floor(ageMs / 1000), previousAccepted },
    [
      `The webhook’s key is in ${WEBHOOK_KEY_SECRET_NAME}, made ${duration(ageMs)} ago.`,
      previousAccepted ? 'The one before it is accepted too.' : 'No other one is accepted.',
      `To see it: ${commandLine(target, 'key show')}. To change it: ${commandLine(target, 'key rotate')}`,
    ],
  );
  return OK;
}

async function show({ terminal, target }: Context): Promise<ExitCode> {
  const value = await terminal.progress('Reading the key', () => readKey(target.client));
  terminal.result({ key: value }, [value]);
  return OK;
}

async function rotate({ terminal, target }: Context): Promise<ExitCode> {
  await terminal.progress('Changing the key', () => rotateKey(target.client));
  terminal.result({ secret: WEBHOOK_KEY_SECRET_NAME, rotated: true, previousAccepted: true }, [
    'The webhook has a new key, which is taken within ten seconds.',
    'The one before it is accepted until the next change: change the senders in peace.',
    `To see it: ${commandLine(target, 'key show')}`,
  ]);
  return OK;
}

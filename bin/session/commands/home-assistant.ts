import * as v from 'valibot';
import { jsonIn } from '../../../lambda/core/blink/json-in.ts';
import { CommandError } from '../errors/command-error.ts';

/**
 * Home Assistant's store of its integrations, `.storage/core.config_entries`: `data.entries` holds an object for each, with the
 * integration's name as `domain`, and what blinkpy saves as `data` (home-assistant/core, `config_entries.py` and `components/blink`).
 */
const storeSchema = v.object({
  data: v.object({ entries: v.array(v.looseObject({ domain: v.string() })) }),
});

/** The JSON that blinkpy saves, out of Home Assistant's store; `undefined` if the text is something else. */
export function findInHomeAssistant(text: string): string | undefined {
  const store = jsonIn(text.trim(), storeSchema);
  if (store === undefined) return undefined;
  const [account, another] = store.data.entries.filter(({ domain }) => domain === 'blink');
  if (account === undefined) {
    throw new CommandError('source_invalid', 'Home Assistant’s store has no Blink integration.');
  }
  if (another !== undefined) {
    throw new CommandError('source_invalid', 'Home Assistant’s store has several Blink accounts.', [
      'Write the "data" of the one that is meant into a file, as it is, and import that.',
    ]);
  }
  return JSON.stringify(account['data']);
}

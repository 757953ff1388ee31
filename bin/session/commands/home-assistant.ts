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

const blinkEntrySchema = v.object({
  domain: v.literal('blink'),
  title: v.fallback(v.string(), ''),
  data: v.record(v.string(), v.unknown()),
});

/** One of Home Assistant's Blink accounts. */
interface Account {
  /** The e-mail address, except for what is between its first character and its domain. */
  readonly name: string;
  /** The JSON that blinkpy saves. */
  readonly value: string;
}

/**
 * The JSON that blinkpy saves, out of Home Assistant's store; `undefined` if the text is something else.
 * @param choose one of several accounts
 */
export async function findInHomeAssistant(
  text: string,
  choose: (question: string, accounts: readonly Account[]) => Promise<string>,
): Promise<string | undefined> {
  const store = jsonIn(text.trim(), storeSchema);
  if (store === undefined) return undefined;
  const accounts = store.data.entries.flatMap((each) => {
    const entry = v.safeParse(blinkEntrySchema, each);
    if (!entry.success) return [];
    return [{ name: shortened(entry.output.title), value: JSON.stringify(entry.output.data) }];
  });
  const [first, ...others] = accounts;
  if (first === undefined) {
    throw new CommandError('source_invalid', 'Home Assistant’s store has no Blink integration.');
  }
  return others.length === 0 ? first.value : choose('Which Blink account?', accounts);
}

function shortened(title: string): string {
  const [, first, domain] = /^(\S)\S*@([A-Za-z0-9.-]{1,100})$/.exec(title) ?? [];
  return first === undefined ? 'an account without an e-mail address' : `${first}…@${domain}`;
}

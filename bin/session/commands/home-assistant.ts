import * as v from 'valibot';

/**
 * Home Assistant's store of its integrations, `.storage/core.config_entries`: `data.entries` holds an object for each, with the
 * integration's name as `domain`, and what blinkpy saves as `data` (home-assistant/core, `config_entries.py` and `components/blink`).
 */
const storeSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    data: v.object({
      entries: v.array(v.looseObject({ domain: v.string() })),
    }),
  }),
);

const blinkEntrySchema = v.object({
  domain: v.literal('blink'),
  title: v.optional(v.string(), ''),
  data: v.record(v.string(), v.unknown()),
});

/** One of Home Assistant's Blink accounts. */
export interface HomeAssistantEntry {
  /** The account's e-mail address, except for its first character and its domain. */
  readonly title: string;
  /** The JSON that blinkpy saves. */
  readonly text: string;
}

/** The Blink entries of Home Assistant's store; `undefined` if the text is something else. */
export function homeAssistantEntries(text: string): readonly HomeAssistantEntry[] | undefined {
  const store = v.safeParse(storeSchema, text);
  if (!store.success) return undefined;
  return store.output.data.entries.flatMap((each) => {
    const entry = v.safeParse(blinkEntrySchema, each);
    if (!entry.success) return [];
    return [{ title: shortened(entry.output.title), text: JSON.stringify(entry.output.data) }];
  });
}

function shortened(title: string): string {
  const [, first, domain] = /^(\S)\S*@([A-Za-z0-9.-]{1,100})$/.exec(title) ?? [];
  return first === undefined ? 'an account without an e-mail address' : `${first}…@${domain}`;
}

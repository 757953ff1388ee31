import * as v from 'valibot';
import type { Account } from '../../lambda/core/blink/blink.ts';
import { successOf } from '../../lambda/core/blink/blink-failure.ts';
import { jsonIn } from '../../lambda/core/blink/json-in.ts';
import { clientList } from '../../lambda/core/blink/look-ups.ts';
import { numericIdSchema } from '../../lambda/core/blink/numeric-id.ts';
import type { Caller } from '../../lambda/core/blink/rest-call.ts';
import { CommandError } from './errors/command-error.ts';

/** A client that is signed in to the account. */
export interface ListedClient {
  /** Digits. */
  readonly clientId: string;
  /** As its owner has named it, in printable characters. */
  readonly name: string | undefined;
  readonly lastUse: Date | undefined;
}

/** The account's clients. The answer has been seen only in the app's code, so it is read leniently. */
export async function listClients(
  caller: Caller,
  accessToken: string,
  account: Account,
  ownClientId: string,
): Promise<readonly ListedClient[]> {
  const end = await clientList(caller, accessToken, account, ownClientId);
  if (end.status === 404) throw noList('Blink has no list of clients for this account.');
  if (end.status === 401 || end.status === 403) {
    const why = 'it may want a PIN first, which this tool cannot request';
    throw noList(`Blink refuses the list of clients (status ${end.status}): ${why}.`);
  }
  const list = jsonIn(successOf('client list', end).text, listSchema);
  if (list === undefined) throw noList('Blink’s list of clients has an unknown form.');
  return list.clients;
}

function noList(message: string): CommandError {
  return new CommandError('no_client_list', message, ['See the clients in the Blink app.']);
}

const nameSchema = v.pipe(v.string(), v.transform(printable), v.minLength(1));

const dateSchema = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.transform(toMs))]),
  v.transform((date) => new Date(date)),
  v.date(),
);

/** The JSON names of a client's name and last use are uncertain. */
const clientSchema = v.pipe(
  v.looseObject({ id: numericIdSchema }),
  v.transform(
    (fields): ListedClient => ({
      clientId: fields.id,
      name: firstOf(nameSchema, fields, ['name', 'client_name', 'device_name']),
      lastUse: firstOf(dateSchema, fields, ['last_login', 'last_login_at', 'last_used_at', 'updated_at']),
    }),
  ),
);

const listSchema = v.object({ clients: v.array(clientSchema) });

/** The first of these fields that has a usable value, in snake_case or camelCase. */
function firstOf<T>(
  schema: v.GenericSchema<unknown, T>,
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): T | undefined {
  for (const name of names) {
    const camelCase = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const parsed = v.safeParse(schema, fields[name] ?? fields[camelCase]);
    if (parsed.success) return parsed.output;
  }
  return undefined;
}

/** Without control characters, which could change what a terminal shows. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
}

/** From seconds, if the number is too small for milliseconds. */
function toMs(time: number): number {
  return time < 100_000_000_000 ? time * 1000 : time;
}

/** An account as a test describes it. */
export interface AccountSeed {
  readonly email: string;
  readonly password: string;
  readonly tier: string;
  readonly accountId: number;
  readonly userId: number;
  /** Clients that are signed in from the beginning. */
  readonly clients?: readonly Client[];
  /** Of the second factor. @default - the password is enough */
  readonly code?: string;
  /** A logout leaves the client signed in, with a valid refresh token. Whether Blink does so is unknown. @default false */
  readonly keepsRefreshTokenAtLogout?: boolean;
}

/** An app installation that is signed in to an account. */
export interface Client {
  readonly id: number;
  readonly name?: string;
  readonly lastLoginMs?: number;
}

/** The accounts and their clients. */
export class Accounts {
  readonly #accounts: readonly AccountSeed[];
  readonly #clients = new Map<number, Map<number, Client>>();
  readonly #clientsByHardware = new Map<string, number>();
  #nextClientId = 7_000_001;

  constructor(accounts: readonly AccountSeed[]) {
    this.#accounts = accounts;
    for (const { accountId, clients = [] } of accounts) {
      this.#clients.set(accountId, new Map(clients.map((client) => [client.id, client])));
    }
  }

  byEmail(email: string): AccountSeed | undefined {
    return this.#accounts.find((account) => account.email === email);
  }

  byId(accountId: number): AccountSeed {
    const account = this.#accounts.find((each) => each.accountId === accountId);
    if (account === undefined) throw new Error(`the stand-in has no account ${accountId}`);
    return account;
  }

  clientsOf(accountId: number): readonly Client[] {
    return [...(this.#clients.get(accountId)?.values() ?? [])];
  }

  /** Adds a client, or records a known client's new sign-in. */
  addClient(accountId: number, client: Client): void {
    const clients = this.#clients.get(accountId);
    clients?.set(client.id, { ...clients.get(client.id), ...client });
  }

  removeClient(accountId: number, clientId: number): void {
    this.#clients.get(accountId)?.delete(clientId);
  }

  /** The id of an installation's client, which is the same at each sign-in. */
  clientOfHardware(accountId: number, hardwareId: string): number {
    const key = `${accountId} ${hardwareId}`;
    const clientId = this.#clientsByHardware.get(key) ?? this.#nextClientId++;
    this.#clientsByHardware.set(key, clientId);
    return clientId;
  }
}

/** An account as a test describes it. */
export interface AccountSeed {
  readonly email: string;
  readonly password: string;
  readonly tier: string;
  readonly accountId: number;
  readonly userId: number;
  /** App installations that are signed in from the beginning. */
  readonly clients?: readonly number[];
  /** @default - none: the password is enough */
  readonly secondFactor?: {
    readonly code: string;
    /** Blink asks for the code in either of two ways. */
    readonly askedBy: 412 | 202;
  };
  /** The older path of the logout answers 404. @default false */
  readonly knowsNewerLogoutOnly?: boolean;
}

/** The accounts, and the app installations ("clients") that are signed in to each. */
export class Accounts {
  readonly #accounts: readonly AccountSeed[];
  readonly #clients = new Map<number, Set<number>>();
  readonly #clientsByHardware = new Map<string, number>();
  #nextClientId = 7_000_001;

  constructor(accounts: readonly AccountSeed[]) {
    this.#accounts = accounts;
    for (const { accountId, clients = [] } of accounts) this.#clients.set(accountId, new Set(clients));
  }

  byEmail(email: string): AccountSeed | undefined {
    return this.#accounts.find((account) => account.email === email);
  }

  byId(accountId: number): AccountSeed {
    const account = this.#accounts.find((each) => each.accountId === accountId);
    if (account === undefined) throw new Error(`the stand-in has no account ${accountId}`);
    return account;
  }

  clientsOf(accountId: number): readonly number[] {
    return [...(this.#clients.get(accountId) ?? [])];
  }

  addClient(accountId: number, clientId: number): void {
    this.#clients.get(accountId)?.add(clientId);
  }

  removeClient(accountId: number, clientId: number): boolean {
    return this.#clients.get(accountId)?.delete(clientId) ?? false;
  }

  /** The same installation is the same client, however often it signs in. */
  clientOfHardware(accountId: number, hardwareId: string): number {
    const key = `${accountId} ${hardwareId}`;
    const clientId = this.#clientsByHardware.get(key) ?? this.#nextClientId++;
    this.#clientsByHardware.set(key, clientId);
    this.addClient(accountId, clientId);
    return clientId;
  }
}

import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { conditionOf } from '../../../../lambda/core/condition.ts';
import { realTiming } from '../../../../lambda/core/time.ts';
import { EARLIER_CLAIM, earlierClaim } from '../../../../lambda/core/vault/earlier-release.ts';
import { digestOf, idAfter, saveId } from '../../../../lambda/core/vault/journal.ts';
import { secretsManagerClient, secretsManagerStore } from '../../../../lambda/core/vault/secrets-manager.ts';
import type { SessionVault } from '../../../../lambda/core/vault/session-vault.ts';
import { vaultOverStore } from '../../../../lambda/core/vault/vault-over-store.ts';
import {
  type SecretsManagerStandIn,
  startSecretsManager,
} from '../../../../local/secrets-manager/start-secrets-manager.ts';

/**
 * What 0.2.0 writes and how it reads, in a table: its bundle has 220 kB, and a shallow clone does not have its sources. The
 * two lines of its code that decide are quoted.
 */

/** `const ID = /^([0-9a-f]{40})([0-9a-f]{8})([0-7])([01])([0-9a-f])([0-9a-f]{13})$/` */
const ID_OF_0_2_0 = /^([0-9a-f]{40})([0-9a-f]{8})([0-7])([01])([0-9a-f])([0-9a-f]{13})$/;
const KINDS = [
  'claim',
  'save',
  'free',
  'in_flight',
  'refused',
  'cool_down',
  'logged_out',
  'rejected',
] as const;
const TOKEN = 'a-token';
const SESSION = JSON.stringify({ refresh_token: TOKEN });
const NAME = 'blink-logout/default';

function entryId(kind: (typeof KINDS)[number], token = TOKEN): string {
  return `${digestOf(token)}${'0'.repeat(8)}${KINDS.indexOf(kind)}0${'0'.repeat(14)}`;
}

let standIn: SecretsManagerStandIn;
let vault: SessionVault;

beforeEach(async () => {
  standIn = await startSecretsManager();
  standIn.secrets.create(NAME, SESSION);
  const client = secretsManagerClient({
    endpoint: standIn.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x' },
  });
  vault = vaultOverStore(secretsManagerStore(client, 'blink-logout/'), realTiming, () => undefined);
});
afterEach(() => standIn.close());

const put = (id: string, text: string) => standIn.secrets.find(NAME).put(id, text, [EARLIER_CLAIM]);
const condition = async () => conditionOf(await vault.read('default')).kind;
const afterItsLife = () => standIn.clock.advanceMs(98_000);

describe('after a run of 0.2.0', () => {
  it.each(KINDS)(
    'that left %s, the session is busy for the life of its claim, and then in doubt',
    async (kind) => {
      put(entryId(kind), kind);
      expect(await condition()).toBe('busy');
      afterItsLife();
      expect(await condition()).toBe('in_doubt');
    },
  );

  it('that saved and logged out, the session is ready', async () => {
    const id = entryId('save');
    put(id, JSON.stringify({ refresh_token: 'its-new-token' }));
    const secret = standIn.secrets.find(NAME);
    secret.moveLabel('AWSCURRENT', secret.version({}).versionId, id);
    expect(await condition()).toBe('busy');
    afterItsLife();
    expect(await condition()).toBe('ready');
    secret.moveLabel('BLINK_LOGGED_OUT', undefined, id);
    expect(await condition()).toBe('logged_out');
  });

  it('that saved and died, its save is made current', async () => {
    put(entryId('save'), JSON.stringify({ refresh_token: 'its-new-token' }));
    afterItsLife();
    const claim = await vault.claim(await vault.read('default'), { remainingMs: () => 60_000 });
    expect(claim.reading.stored.refreshToken).toBe('its-new-token');
  });

  it('about another token, nothing is in doubt', async () => {
    put(entryId('claim', 'another-token'), 'claim');
    expect(await condition()).toBe('ready');
  });

  it('the doubt is in the journal from the next claim on', async () => {
    put(entryId('claim'), 'claim');
    afterItsLife();
    const deadline = { remainingMs: () => 60_000 };
    const claim = await vault.claim(await vault.read('default'), deadline);
    await vault.endClaim(claim, { what: 'failed', why: 'no reason' }, deadline);
    expect(await condition()).toBe('in_doubt');
  });
});

/**
 * 0.2.0: `labels.includes(CLAIM) && (versionId === current.versionId ? … : parseEntry(versionId) === undefined)` is a claim
 * of another release, and is held for its life.
 */
test('before a run of 0.2.0, each journal is the claim of another release', async () => {
  const deadline = { remainingMs: () => 60_000 };
  const isRespected = () => {
    const { versionId } = standIn.secrets.find(NAME).version({ label: EARLIER_CLAIM });
    return !ID_OF_0_2_0.test(versionId) && versionId !== standIn.secrets.find(NAME).version({}).versionId;
  };
  put(entryId('refused', 'another-token'), 'refused');
  const claim = await vault.claim(await vault.read('default'), deadline);
  expect(isRespected()).toBe(true);
  await vault.endClaim(claim, { what: 'refused', inDoubt: false }, deadline);
  expect(isRespected()).toBe(true);
  let id = 'none';
  for (let journal = 0; journal < 500; journal++) {
    id = idAfter(id);
    expect(ID_OF_0_2_0.test(id) || ID_OF_0_2_0.test(saveId(id, 0))).toBe(false);
  }
});

test('our own journal is no claim of 0.2.0', () => {
  const version = { versionId: idAfter('none'), labels: [EARLIER_CLAIM], createdAtMs: 0, text: '' };
  expect(earlierClaim(version, { versionId: 'x', token: digestOf(TOKEN), isMarked: false })).toBeUndefined();
});

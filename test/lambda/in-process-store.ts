import type { SecretStore } from '../../lambda/core/vault/secret-store.ts';
import { AT_ONCE } from '../proof/models/channel.ts';
import { SecretModel, storeOver } from '../proof/models/secret-model.ts';
import { VirtualTime } from '../proof/models/virtual-time.ts';

/** A store with one secret, without HTTP. Its clock stands still. */
export function inProcessStore(name: string, text: string): SecretStore {
  const time = new VirtualTime();
  const secret = new SecretModel(time, name);
  secret.put('11111111-1111-4111-8111-111111111111', text, ['AWSCURRENT']);
  return storeOver(secret, time, time.timing, AT_ONCE);
}

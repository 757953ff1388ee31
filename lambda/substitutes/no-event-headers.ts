/** In the place of what signs an event stream's headers. Every signer makes one, and none of ours is ever asked. */
export class HeaderFormatter {
  format(): never {
    throw new Error('event streams are left out of the bundle');
  }
}

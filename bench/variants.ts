/** In the order in which they are shown. `control` is `this` once more: what lies between them is noise. */
export const VARIANTS = {
  this: 'this build',
  control: 'this build, once more (control)',
  unprimed: 'this build, unprimed',
  default: 'the same handler by CDK’s `NodejsFunction`',
  floor: 'the same calls, hand-signed, without an SDK (floor)',
} as const;

export type VariantName = keyof typeof VARIANTS;

export interface Variant {
  readonly name: VariantName;
  /** Exports `handler`. */
  readonly file: string;
}

import { Failure } from '../failure.ts';

/** By the names of the text. `undefined` removes a field. */
export type FieldValues = Readonly<Record<string, string | number | undefined>>;

/** A session's text in one of its forms, as fields that can be read and changed. */
export interface StoredFields {
  readonly form: 'blink-tokens' | 'blinkpy' | 'homebridge';
  /** By the names of the text. Those of `BLINK_TOKENS` are percent-encoded. */
  readonly values: Readonly<Record<string, unknown>>;
  /** The decoded value. */
  read(name: string): unknown;
  /** The text with these fields, and otherwise unchanged. */
  withValues(changed: FieldValues): string;
  /** `BLINK_TOKENS` without the lines or keys beside them. `undefined` if there are none. */
  readonly alone: string | undefined;
}

export function sessionInvalid(fault: string): Failure {
  return new Failure('session_invalid', `the session's secret: ${fault}`);
}

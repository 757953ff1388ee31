/**
 * Replaces `@smithy/core/event-streams`. The SDK asks for it only where an operation has an event stream, and no
 * operation of Secrets Manager has one.
 */
export class EventStreamSerde {
  constructor() {
    throw new Error('event streams are not in the bundle');
  }
}

export function eventStreamSerdeProvider(): never {
  throw new Error('event streams are not in the bundle');
}

/**
 * Replaces `@smithy/core/event-streams`. The SDK uses it only for operations with an event stream, and Secrets Manager
 * has none.
 */
export class EventStreamSerde {
  constructor() {
    throw new Error('event streams are not in the bundle');
  }
}

export function eventStreamSerdeProvider(): never {
  throw new Error('event streams are not in the bundle');
}

import * as v from 'valibot';
import { DEFAULT_SESSION } from '../core/session-name.ts';
import { type Command, parseCommand } from './command.ts';
import { type HttpRequest, httpRequestSchema } from './webhook/http-request.ts';

/** The event that invoked the function. A webhook's command is parsed after its caller is authenticated. */
export type Trigger =
  | { readonly kind: 'webhook'; readonly request: HttpRequest }
  | { readonly kind: 'schedule'; readonly command: Command }
  | { readonly kind: 'direct'; readonly command: Command };

/**
 * A scheduled event, of an EventBridge rule (Amazon EventBridge User Guide, "Creating a rule that runs on a schedule") or
 * of EventBridge Scheduler.
 */
const scheduledSchema = v.object({
  source: v.picklist(['aws.events', 'aws.scheduler']),
  'detail-type': v.literal('Scheduled Event'),
});

export function parseTrigger(event: unknown): Trigger {
  const http = v.safeParse(httpRequestSchema, event);
  if (http.success) return { kind: 'webhook', request: http.output };
  if (v.is(scheduledSchema, event)) {
    return { kind: 'schedule', command: { session: DEFAULT_SESSION, action: 'logout' } };
  }
  return { kind: 'direct', command: parseCommand(event) };
}

import * as v from 'valibot';
import { fleetCallSchema } from '../core/fleet-call.ts';
import { DEFAULT_SESSION } from '../core/session-name.ts';
import { type Command, parseCommand } from './command.ts';
import { type WebhookRequest, webhookRequestSchema } from './webhook/webhook-request.ts';

/** The event that invoked the function. A webhook's command is parsed after its caller is authenticated. */
export type Trigger =
  | { readonly kind: 'webhook'; readonly request: WebhookRequest }
  /** `fleet`: for one of its sessions. A failure is returned to it as a value. */
  | { readonly kind: 'schedule' | 'fleet' | 'direct'; readonly command: Command };

/**
 * A scheduled event, of an EventBridge rule (Amazon EventBridge User Guide, "Creating a rule that runs on a schedule") or
 * of EventBridge Scheduler.
 */
const scheduledSchema = v.object({
  source: v.picklist(['aws.events', 'aws.scheduler']),
  'detail-type': v.literal('Scheduled Event'),
});

export function parseTrigger(event: unknown): Trigger {
  const http = v.safeParse(webhookRequestSchema, event);
  if (http.success) return { kind: 'webhook', request: http.output };
  if (v.is(scheduledSchema, event)) {
    return { kind: 'schedule', command: { session: DEFAULT_SESSION, action: 'logout' } };
  }
  const call = v.safeParse(fleetCallSchema, event);
  if (call.success) {
    return { kind: 'fleet', command: { session: call.output.fleet.session, action: 'logout' } };
  }
  return { kind: 'direct', command: parseCommand(event) };
}

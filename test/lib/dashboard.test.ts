import { describe, expect, it } from 'vitest';
import { FLEET_METRICS } from '../../lambda/fleet/metrics.ts';
import { METRICS, OUTCOME_METRICS } from '../../lambda/logout/metrics.ts';
import type { RunFields } from '../../lambda/logout/run-event.ts';
import { factsOf } from './facts.ts';
import { synthesize } from './synthesize.ts';

interface Properties {
  readonly query?: string;
  readonly alarms?: readonly string[];
  /** A metric's namespace, name, dimensions and rendering; or, of an expression, the rendering alone. */
  readonly metrics?: readonly (readonly unknown[])[];
}

/** Of the widgets, from top to bottom. */
function shownWith(settings: Record<string, unknown>): readonly Properties[] {
  const body = factsOf(synthesize(settings)).find((fact) => fact.includes(' DashboardBody: ')) ?? '';
  const { widgets }: { widgets: { properties: Properties }[] } = JSON.parse(body.slice(body.indexOf('{')));
  return widgets.map(({ properties }) => properties);
}

describe('the dashboard', () => {
  const shown = shownWith({ schedule: 'rate(1 day)', sessions: 'all' });

  it('shows metrics that runs and the fleet send, with every outcome', () => {
    const metrics = shown.flatMap(({ metrics = [] }) => metrics);
    const names = metrics.flatMap(([namespace, name]) => (namespace === 'blink-logout' ? String(name) : []));
    for (const name of names) expect([...METRICS.keys(), ...Object.keys(FLEET_METRICS)]).toContain(name);
    const ofFleet = Object.keys(FLEET_METRICS).filter((name) =>
      /LoggedOut|SignedOut|Failed|Skipped/.test(name),
    );
    expect(names).toEqual(expect.arrayContaining([...OUTCOME_METRICS, 'Failed', ...ofFleet]));
  });

  it('shows every alarm that notifies', () => {
    expect(shown.flatMap(({ alarms = [] }) => alarms)).toHaveLength(10);
  });

  it('asks the log for fields and metrics that an event has', () => {
    const [failures = '', sessions = ''] = shown.flatMap(({ query = [] }) => query);
    const fields: readonly (keyof RunFields)[] = [
      'session',
      'trigger',
      'code',
      'reason',
      'blinkStatus',
      'awsError',
    ];
    expect(failures).toMatch(/^SOURCE 'LogoutLog'/);
    expect(failures).toContain(`fields @timestamp, ${fields.join(', ')}, requestId`);
    const [, metric = ''] = /max\((\w+)\)/.exec(sessions) ?? [];
    expect([...METRICS.keys()]).toContain(metric);
  });
});

import { describe, expect, it } from 'vitest';
import { stackName } from '../../lambda/core/stack-name.ts';
import { FLEET_METRICS } from '../../lambda/fleet/metrics.ts';
import { METRICS, OUTCOME_METRICS } from '../../lambda/logout/metrics.ts';
import type { RunFields } from '../../lambda/logout/run-event.ts';
import { factsOf } from './facts.ts';
import { synthesize } from './synthesize.ts';

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly query?: string;
    readonly alarms?: readonly string[];
    /** A metric's namespace, name, dimensions and rendering; or, of an expression, the rendering alone. */
    readonly metrics?: readonly (readonly (string | { readonly expression?: string })[])[];
  };
}

/** The widgets from top to bottom. */
function widgetsOf(settings: Record<string, unknown> = {}): readonly Widget[] {
  const [, body = ''] = factsOf(synthesize(settings)).join('\n').split('DashboardBody: ');
  return JSON.parse(body.split('\n')[0] ?? '').widgets;
}

describe('the dashboard', () => {
  const widgets = widgetsOf();
  const lines = widgets.flatMap(({ properties }) => properties.metrics ?? []);

  it("asks an owner's questions from top to bottom", () => {
    const headings = widgets.flatMap(({ properties }) => properties.markdown?.replace('## ', '') ?? []);
    expect(headings).toEqual([
      'Is anything wrong?',
      'Are sessions logged out?',
      'Which runs failed, and how?',
      'Which sessions will need a new sign-in?',
      'How long does it take, and who calls the webhook?',
    ]);
  });

  it('shows metrics that runs and the fleet send', () => {
    const all = widgetsOf({ sessions: 'all' }).flatMap(({ properties }) => properties.metrics ?? []);
    const shown = all.filter(([namespace]) => namespace === stackName()).map(([, name]) => name);
    expect(shown.length).toBeGreaterThan(lines.filter(([namespace]) => namespace === stackName()).length);
    for (const name of shown) expect([...METRICS.keys(), ...Object.keys(FLEET_METRICS)]).toContain(name);
    expect(shown).toEqual(
      expect.arrayContaining([
        ...OUTCOME_METRICS,
        'Failed',
        ...Object.keys(FLEET_METRICS).filter((name) => /LoggedOut|SignedOut|Failed|Skipped/.test(name)),
      ]),
    );
  });

  it('shows every alarm that notifies', () => {
    const shown = widgetsOf({ schedule: 'rate(1 day)' }).flatMap(({ properties }) => properties.alarms ?? []);
    expect(shown).toHaveLength(10);
  });

  it('asks the log for fields and metrics that an event has', () => {
    const [failures = '', sessions = ''] = widgets.flatMap(({ properties }) => properties.query ?? []);
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

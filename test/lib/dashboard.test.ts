import { describe, expect, it } from 'vitest';
import { stackName } from '../../lambda/core/stack-name.ts';
import { FAILURE_METRICS, METRICS, SESSION_DIMENSION } from '../../lambda/logout/metrics.ts';
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

/** The widgets from top to bottom; intrinsic functions as their last word. */
function widgetsOf(settings: Record<string, unknown> = {}): readonly Widget[] {
  const [dashboard] = Object.values(synthesize(settings).findResources('AWS::CloudWatch::Dashboard'));
  const parts: readonly unknown[] = dashboard?.['Properties'].DashboardBody['Fn::Join'][1];
  const body = parts.map((part) =>
    typeof part === 'string'
      ? part
      : Object.values(part ?? {})
          .flat()
          .at(-1),
  );
  return JSON.parse(body.join('')).widgets;
}

describe('the dashboard', () => {
  const widgets = widgetsOf();
  const lines = widgets.flatMap(({ properties }) => properties.metrics ?? []);

  it("asks an owner's questions from top to bottom", () => {
    const headings = widgets.flatMap(({ properties }) => properties.markdown?.replace('## ', '') ?? []);
    expect(headings).toEqual([
      'Is anything wrong?',
      'Are sessions logged out?',
      'Which sessions?',
      'Which runs failed, and how?',
      'Which sessions will need a new sign-in?',
      'Do runs end early or give up?',
      'How long does it take?',
      'Who calls the webhook?',
    ]);
  });

  it('shows every metric that runs send, and none that they do not', () => {
    const plain = lines.filter(([namespace]) => namespace === stackName()).map(([, name]) => name);
    const searched = lines.flatMap(([first]) =>
      typeof first === 'object' ? (/MetricName="(\w+)"/.exec(first.expression ?? '')?.[1] ?? []) : [],
    );
    expect([...new Set([...plain, ...searched])].sort()).toEqual([...METRICS.keys()].sort());
  });

  it('breaks down by the dimension that runs send', () => {
    const searches = lines.flatMap(([first]) => (typeof first === 'object' ? (first.expression ?? []) : []));
    expect(searches).toHaveLength(3);
    for (const search of searches) expect(search).toContain(`{${stackName()},${SESSION_DIMENSION}}`);
  });

  it('has a line for every failure', () => {
    const failures = widgets.find(({ properties }) => properties.title === 'Failures per hour, by code');
    expect(failures?.properties.metrics?.map(([, name]) => name).sort()).toEqual([...FAILURE_METRICS].sort());
  });

  it('shows every alarm that notifies', () => {
    const shown = widgetsOf({ schedule: 'rate(1 day)' }).flatMap(({ properties }) => properties.alarms ?? []);
    expect(shown).toHaveLength(10);
  });

  it('asks the log for fields that an event has', () => {
    const query = widgets.find(({ type }) => type === 'log')?.properties.query ?? '';
    expect(query).toMatch(/filter ispresent\(code\)/);
    expect(query).toMatch(/^SOURCE 'Log/);
  });
});

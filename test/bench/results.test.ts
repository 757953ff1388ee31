import { describe, expect, it } from 'vitest';
import type { Measured, Measurements } from '../../bench/measurements.ts';
import { withResults } from '../../bench/page.ts';
import { plot } from '../../bench/plot.ts';
import { results } from '../../bench/results.ts';
import { table } from '../../bench/table.ts';
import { noise, targets } from '../../bench/targets.ts';
import type { VariantName } from '../../bench/variants.ts';

function measured(coldMs: number): Measured {
  const of = (median: number) => ({ median, min: median * 0.9 });
  return {
    bundleBytes: 170_000,
    loadedBytes: 170_000,
    coldMs: of(coldMs),
    nodeMs: of(50),
    firstMs: of(coldMs / 4),
    firstCalls: { secretsManager: 4, blink: 2 },
    warmMs: of(coldMs / 20),
    warmCpuMs: of(coldMs / 20),
    rssBytes: 66_000_000,
    peakBytes: 90_000_000,
  };
}

function measurements(coldMs: Partial<Record<VariantName, number>> = {}): Measurements {
  const all = { this: 100, control: 101, unprimed: 110, default: 200, floor: 80, ...coldMs };
  const names: readonly VariantName[] = ['floor', 'this', 'default', 'control', 'unprimed'];
  return {
    variants: new Map(names.map((name) => [name, measured(all[name])])),
    seedScriptMs: { median: 60, min: 50 },
  };
}

describe('the table', () => {
  it('shows medians, minima and ratios to CDK’s default build', () => {
    const [head, , cold] = table(measurements()).split('\n');
    expect(head).toMatch(/^\| \| this build \| .*control.* \| .*unprimed \| .*`NodejsFunction` \| .*floor/);
    expect(cold).toBe(
      '| Cold start and first call, ms | 100.0 (90.0) **×0.50** | 101.0 (90.9) **×0.51** | 110.0 (99.0) **×0.55** | 200.0 (180.0) | 80.0 (72.0) **×0.40** |',
    );
  });
});

describe('the targets', () => {
  it('are met or missed by what was measured', () => {
    const [cold] = targets(measurements());
    expect(cold).toMatchObject({ limit: 0.45, found: 0.5 });
    const text = results(measurements(), 40, 2000);
    expect(text).toContain('| Cold start and first call, to CDK’s | ≤ 0.45 | 0.50 | missed |');
    expect(text).toContain('| Bundle, kB | ≤ 215 | 170.0 | met |');
  });
});

describe('a run is void', () => {
  it('where the control strays by more than 7 %, to either side', () => {
    expect(noise(measurements({ control: 106 }))).toEqual([]);
    expect(noise(measurements({ control: 108 }))).toContain(
      'cold start and first call: the control is at ×1.08',
    );
    expect(noise(measurements({ control: 92 }))).toHaveLength(3);
  });
});

describe('the page', () => {
  it('gets the results between its marks and keeps the rest', () => {
    const page = 'before\n<!-- benchmark: begin -->\nold\n<!-- benchmark: end -->\nafter\n';
    expect(withResults(page, 'new')).toBe(
      'before\n<!-- benchmark: begin -->\nnew\n<!-- benchmark: end -->\nafter\n',
    );
  });

  it('must have its marks', () => {
    expect(() => withResults('nothing', 'new')).toThrow('the page lacks');
  });
});

describe('the plot', () => {
  it('has two bars for each variant but the control, and one for the seed’s example', () => {
    const svg = plot(measurements());
    expect(svg.match(/<rect class="cold" x="300"/g)).toHaveLength(4);
    expect(svg.match(/<rect class="first" x="300"/g)).toHaveLength(4);
    expect(svg.match(/<rect class="script"/g)).toHaveLength(1);
    expect(svg).not.toContain('`');
  });
});

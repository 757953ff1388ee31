import { describe, expect, it } from 'vitest';
import { memoryByRule, millionCallsUsd } from '../../bench/costs.ts';
import type { Cpu } from '../../bench/cpu.ts';
import { cpuTable, profileTable } from '../../bench/cpu-table.ts';
import { DEFAULT_DELAYS as delays } from '../../bench/network.ts';
import { withPart } from '../../bench/page.ts';
import { noise, type Results, targets, targetsTable } from '../../bench/targets.ts';
import { timelineSvg } from '../../bench/timeline.ts';
import type { Waits } from '../../bench/wait.ts';
import { summary, waitTable } from '../../bench/wait-table.ts';

const of = (median: number) => ({ median, min: median * 0.9 });
const waits = (cold: number, idle = cold): Waits => ({ cold: of(cold), idle: of(idle), warm: of(350) });

function cpu(coldCpuMs: number): Cpu {
  return {
    bundleBytes: 209_000,
    loadedBytes: 209_000,
    coldCpuMs: of(coldCpuMs),
    coldMs: of(coldCpuMs),
    firstMs: of(40),
    warmMs: of(15),
    warmCpuMs: of(12),
    rssBytes: 66_000_000,
    peakBytes: 150_000_000,
  };
}

function results(control = 500): Results {
  const timeline = {
    startedAtMs: 1_000,
    repliedAtMs: 1_500,
    waits: [
      { what: 'handshake', host: 'api.oauth.blink.com', fromMs: 1_010, toMs: 1_170 },
      { what: 'refresh', host: 'api.oauth.blink.com', fromMs: 1_170, toMs: 1_310 },
    ],
  };
  return {
    delays,
    usualMb: 512,
    wait: {
      byMemory: new Map([
        [256, { this: waits(700, 520), baseline: waits(1_200) }],
        [512, { this: waits(500), baseline: waits(1_000) }],
        [1_024, { this: waits(490), baseline: waits(990) }],
      ]),
      control: waits(control),
      scheduled: of(480),
      nodeMs: 50,
      timelines: { this: timeline, baseline: timeline },
    },
    cpu: {
      byVariant: { this: cpu(100), control: cpu(101), baseline: cpu(200) },
      profile: [
        { name: 'Node’s modules', share: 0.6 },
        { name: '@smithy/core', share: 0.395 },
        { name: 'valibot', share: 0.005 },
      ],
    },
  };
}

describe('the wait', () => {
  it('begins with a sentence for a person who decides', () => {
    expect(summary(results().wait, 512, delays)).toBe(
      'A cold webhook takes 0.50 s, a nightly run 0.48 s; of that, 0.50 s is Blink.\n\nThat is at 512 MB. Lambda bills 0.53 s for the nightly run, with the start of Node.',
    );
  });

  it('is a table of latency and money, with the limit', () => {
    const rows = waitTable(results().wait, delays).split('\n');
    expect(rows[3]).toBe(
      '| 512 | 500 (450) | 1000 (900) | 500 (450) | 1000 (900) | 350 (315) | 350 (315) | 3.87 | 3.53 |',
    );
    expect(rows.at(-1)).toBe('| the limit | 524 |  | 542 |  | 320 |  |  |  |');
  });

  it('costs what Lambda publishes: a GB-second and a request', () => {
    expect(millionCallsUsd(1_024, 1_000)).toBeCloseTo(13.3334 + 0.2);
  });

  it('chooses the least memory within 10 % of the best cold and idle calls', () => {
    expect(memoryByRule(results().wait.byMemory)).toBe(512);
    expect(
      memoryByRule(
        new Map([
          [128, { this: waits(540) }],
          [512, { this: waits(500) }],
        ]),
      ),
    ).toBe(128);
  });
});

describe('the targets', () => {
  it('are met or missed by what was measured', () => {
    expect(targets(results()).map(({ found }) => Number(found.toFixed(2)))).toEqual([
      0.5, 0.95, 0.5, 0.92, 0.5, 66,
    ]);
    expect(targetsTable(results())).toContain('| cold webhook to the limit | ≤ 1.12 | 0.95 | met |');
  });

  it('are void where the control differs by more than 7 %, to either side', () => {
    expect(noise(results(530))).toEqual([]);
    expect(noise(results(540))).toEqual([
      'cold webhook: the control is at ×1.08',
      'call after idling: the control is at ×1.08',
    ]);
    expect(noise(results(460))).toHaveLength(2);
  });
});

describe('the CPU', () => {
  it('is a table of medians, minima and ratios to the baseline', () => {
    expect(cpuTable(results().cpu)).toContain(
      '| CPU to the first reply, ms | 100.0 (90.0) **×0.50** | 101.0 (90.9) **×0.51** | 200.0 (180.0) |',
    );
  });

  it('has the packages of a warm call that take at least 1 %', () => {
    expect(profileTable(results().cpu).split('\n').slice(2)).toEqual([
      '| Node’s modules | 60 |',
      '| `@smithy/core` | 40 |',
      '| all others | 1 |',
    ]);
  });
});

it('the picture has a panel for each build, with its handshakes, requests and reply', () => {
  const { timelines } = results().wait;
  const svg = timelineSvg({ 'this build': timelines.this, baseline: timelines.baseline });
  expect(svg.match(/<rect class="handshake"/g)).toHaveLength(2);
  expect(svg.match(/<rect class="request"/g)).toHaveLength(2);
  expect(svg).toContain('baseline: 500 ms');
});

describe('the page', () => {
  const page = 'a\n<!-- wait: begin, by npm run bench -->\nold\n<!-- wait: end -->\nb\n';

  it('gets a part between its marks and keeps the rest', () => {
    expect(withPart(page, 'wait', 'new')).toBe(page.replace('old', 'new'));
  });

  it('must have the marks', () => {
    expect(() => withPart(page, 'CPU', 'new')).toThrow('the page lacks');
  });
});

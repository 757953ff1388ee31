import type { Measurements } from './measurements.ts';

export interface Target {
  readonly what: string;
  readonly limit: number;
  readonly found: number;
}

/** The control may stray so far from what it is a copy of; beyond, the run says nothing. */
export const NOISE_LIMIT = 0.07;

/** Ratios are to CDK's default build in the same run. */
export function targets({ variants }: Measurements): readonly Target[] {
  const ours = variants.get('this');
  const theirs = variants.get('default');
  if (ours === undefined || theirs === undefined) throw new Error('a variant is missing');
  return [
    {
      what: 'Cold start and first call, to CDK’s',
      limit: 0.45,
      found: ours.coldMs.median / theirs.coldMs.median,
    },
    {
      what: 'Primed first call, to CDK’s cold start and first call',
      limit: 0.13,
      found: ours.firstMs.median / theirs.coldMs.median,
    },
    {
      what: 'Warm CPU per call, to CDK’s',
      limit: 0.6,
      found: ours.warmCpuMs.median / theirs.warmCpuMs.median,
    },
    { what: 'Bundle, kB', limit: 215, found: ours.bundleBytes / 1e3 },
    { what: 'Resident after the first call, MB', limit: 72, found: ours.rssBytes / 1e6 },
  ];
}

/** Where the control strayed too far, in words. */
export function noise({ variants }: Measurements): readonly string[] {
  const ours = variants.get('this');
  const control = variants.get('control');
  if (ours === undefined || control === undefined) throw new Error('the control is missing');
  const strayed = {
    'cold start and first call': control.coldMs.median / ours.coldMs.median,
    'first call once initialised ahead': control.firstMs.median / ours.firstMs.median,
    'warm CPU': control.warmCpuMs.median / ours.warmCpuMs.median,
  };
  return Object.entries(strayed).flatMap(([what, ratio]) =>
    Math.abs(ratio - 1) > NOISE_LIMIT ? [`${what}: the control is at ×${ratio.toFixed(2)}`] : [],
  );
}

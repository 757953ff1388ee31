import * as v from 'valibot';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1024));
const directive = v.strictObject({
  Namespace: name,
  Dimensions: v.pipe(v.array(v.pipe(v.array(name), v.maxLength(30))), v.minLength(1)),
  Metrics: v.pipe(
    v.array(v.strictObject({ Name: name, Unit: v.picklist(['Count', 'Milliseconds', 'None']) })),
    v.maxLength(100),
  ),
});

/** A log line with metrics (CloudWatch, "Specification: Embedded metric format"): a metric is a number in the line, a dimension a text. */
export const embeddedMetricFormat = v.pipe(
  v.string(),
  v.regex(/^.*$/),
  v.parseJson(),
  v.looseObject({
    _aws: v.strictObject({
      Timestamp: v.pipe(v.number(), v.integer()),
      CloudWatchMetrics: v.tupleWithRest([directive], directive),
    }),
  }),
  v.check((line) =>
    line._aws.CloudWatchMetrics.every(
      ({ Dimensions, Metrics }) =>
        Metrics.every(({ Name }) => typeof line[Name] === 'number') &&
        Dimensions.flat().every((dimension) => typeof line[dimension] === 'string'),
    ),
  ),
);

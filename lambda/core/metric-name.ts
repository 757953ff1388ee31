/** The metric of an outcome, a failure or a step: `SaveFailed` for `save_failed`. */
export function metricName(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

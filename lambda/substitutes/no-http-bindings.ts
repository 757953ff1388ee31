/**
 * In the place of what an operation binds to host, path, query and headers: AWS JSON 1.1 binds nothing, all is in the
 * body (Smithy 2.0, "AWS JSON 1.1 protocol").
 */
export function getHttpOperationBindings(): readonly [] {
  return [];
}

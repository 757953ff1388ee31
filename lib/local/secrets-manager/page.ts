import { AwsError } from '../aws-json.ts';

const PAGE_SIZE = 100;

/** One page of a list and, if there are more items, the token of the next page. */
export function page<T>(
  all: readonly T[],
  asked: { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined },
): { readonly items: readonly T[]; readonly NextToken?: string } {
  const start = asked.NextToken === undefined ? 0 : position(asked.NextToken);
  const end = start + (asked.MaxResults ?? PAGE_SIZE);
  const items = all.slice(start, end);
  return end < all.length ? { items, NextToken: Buffer.from(`from:${end}`).toString('base64') } : { items };
}

function position(token: string): number {
  const [, digits] = /^from:(\d+)$/.exec(Buffer.from(token, 'base64').toString()) ?? [];
  if (digits === undefined) throw new AwsError('InvalidNextTokenException', 'Invalid NextToken.');
  return Number(digits);
}

/** In the place of the SDK's question to EC2's metadata service for a region: Lambda has none, and sets AWS_REGION. */
export function getInstanceMetadataRegion(): Promise<undefined> {
  return Promise.resolve(undefined);
}

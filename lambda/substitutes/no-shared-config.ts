/**
 * In the place of the SDK's look into `~/.aws`, which a function does not have: says that nothing is there, so that the
 * SDK goes on from the environment to its default.
 */
export function fromSharedConfigFiles(): () => Promise<never> {
  return () => Promise.reject(Object.assign(new Error('no shared configuration'), { tryNextLink: true }));
}

/** In the place of the round that the SDK makes for a client's extensions: ours has none, so that nothing would change. */
export function resolveRuntimeExtensions<Config>(config: Config): Config {
  return config;
}

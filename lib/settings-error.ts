/** Its message has a line for each fault, for the person who runs the synthesis. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

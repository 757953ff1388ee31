export { BlinkLogout, type BlinkLogoutProps } from './blink-logout.ts';
export { SettingsError } from './given-settings.ts';

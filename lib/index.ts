export { BlinkLogout, type BlinkLogoutProps } from './blink-logout.ts';
export { SettingsError } from './settings-error.ts';

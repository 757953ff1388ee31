import { TOKEN_URL } from '../blink/token-request.ts';
import { readEnvironment } from '../environment.ts';
import { addressOf, blinkConnections } from './blink-connections.ts';

/**
 * Opens the connection to Blink's OAuth host, which nearly every run needs, while the bundle's other modules are loaded.
 * handler.ts imports this module before all others.
 */
export const environment = readEnvironment(process.env);
export const connections = blinkConnections(environment.BLINK_ENDPOINT);
connections.open(addressOf(TOKEN_URL, environment.BLINK_ENDPOINT));

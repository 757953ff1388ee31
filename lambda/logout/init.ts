import { openEarlySocket } from './early-socket.ts';

/**
 * The module that Lambda loads. Lambda awaits an ES module before the first invocation (AWS Lambda Developer Guide, "Define
 * Lambda function handler in Node.js"). It initializes at full speed (measured by users, not documented), and then
 * has the share of a processor that the memory gives. All other code is in handler.cjs: CommonJS loads faster.
 */
const socket = await openEarlySocket(process.env['BLINK_ENDPOINT']);
const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
const { createHandler }: typeof import('./handler.ts') = require('./handler.cjs');
export const handler = await createHandler(process.env, socket);

export { createGateway, type Gateway, type GatewayOptions } from './server/create-gateway.ts';
export {
  readSettings,
  requireDatabase,
  type GatewaySettings,
  type Settings,
} from './server/settings.ts';
export { SettingsError } from './server/settings-error.ts';
export { ERROR_CODES, GatewayError, type ErrorCode } from './parse/errors.ts';

export { createGatewayService, type GatewayDeps } from './app';
export { loadConfig, type GatewayConfig } from './config';

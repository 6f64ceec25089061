export { createGatewayService, type GatewayDeps } from './app';
export type { DemoUser } from './pages';
export { loadConfig, type GatewayConfig } from './config';

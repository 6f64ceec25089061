export { createGatewayService, type GatewayDeps } from './app';
export type { DemoUser } from './pages';
export { env as configSchema, loadConfig, type GatewayConfig } from './config';

import { enableTracing } from '@linsta/core';

type Env = NodeJS.ProcessEnv;
const isSet = (value: string | undefined) => value !== undefined && value !== '';

/** Whether the standard OTEL_* variables request traces. */
export const wantsTelemetry = (env: Env): boolean =>
  env.OTEL_SDK_DISABLED !== 'true' &&
  env.OTEL_TRACES_EXPORTER !== 'none' &&
  (isSet(env.OTEL_TRACES_EXPORTER) || isSet(env.OTEL_EXPORTER_OTLP_ENDPOINT) || isSet(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT));

/**
 * Starts OpenTelemetry where the standard OTEL_* variables request it, and returns a function
 * that sends the remaining spans and stops it. Its packages are loaded only then.
 */
export async function startTelemetry(service: string, env: Env): Promise<() => Promise<void>> {
  if (!wantsTelemetry(env)) return () => Promise.resolve();
  const { NodeSDK } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({ serviceName: env.OTEL_SERVICE_NAME ?? `linsta-${service}`, instrumentations: [] });
  sdk.start();
  enableTracing();
  return () => sdk.shutdown();
}

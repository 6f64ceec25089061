export * from './bus-health';
export * from './define-service';
export * from './metrics';
export * from './run-service';
export * from './stops';
export * from './telemetry';

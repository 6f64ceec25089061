export { createBroker, noBroker, type Broker } from './broker';
export { describeWith } from './needs';
export { createFaultProxy, type FaultMode, type FaultProxy, type Shape } from './fault-proxy';
export { createRedis, noRedis, type RedisServer } from './redis';
export { createServiceFixture, type ServiceFixture } from './service';
export * from './foreign-publishers';
export { createTemporaryDirectory } from './temporary';
export { waitFor } from './wait-for';
export * from './browser';

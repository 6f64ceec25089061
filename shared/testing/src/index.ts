export { createBroker, noBroker, type Broker } from './broker';
export { describeWith } from './needs';
export { createRedis, noRedis, type RedisServer } from './redis';
export { createTemporaryDirectory } from './temporary';
export { waitFor } from './wait-for';
export * from './browser';

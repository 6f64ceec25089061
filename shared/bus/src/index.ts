export * from './amqp';
export * from './bus';
export * from './memory';
export * from './parse-event';
export * from './parked';
export * from './parked-broker';
export * from './topology';

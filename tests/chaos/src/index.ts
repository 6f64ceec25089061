export * from './checkers';
export * from './users';
export * from './environment';
export * from './history';
export * from './nemesis';
export * from './run';
export * from './settle';

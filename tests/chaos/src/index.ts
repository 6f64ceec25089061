export * from './checkers';
export * from './crowd';
export * from './environment';
export * from './history';
export * from './nemesis';
export * from './run';
export * from './settle';

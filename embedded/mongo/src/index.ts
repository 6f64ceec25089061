export { DirectoryInUseError } from './lock';
export { createStore, type Store, type StoreOptions } from './server';
export { startStoreThread } from './thread';

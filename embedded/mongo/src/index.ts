export { socketPathOf, storeUrlOf } from './access';
export { DirectoryInUseError } from './lock';
export { createStore, type Store, type StoreLogger, type StoreOptions } from './server';
export { DamagedFileError } from './storage/check';
export { NewerFormatError } from './storage/format';
export { startStoreThread, type StoreThreadOptions } from './thread';

// The embedded database of the standalone server.
export { SqliteStore, type SqliteStoreOptions } from './sqlite-store.ts';

// The language of phones.
export * from './commands/index.ts';
export * from './protocol/index.ts';

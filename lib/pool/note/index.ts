// Where the pool of this machine is: apart from what runs it, which takes long to load.
export { type PoolNote, readPoolNote, removePoolNote, writePoolNote } from './pool-note.ts';

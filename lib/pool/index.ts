// Who serves whom. For a standalone server: itself, everybody.
export { type Lease, standaloneLease } from './lease.ts';

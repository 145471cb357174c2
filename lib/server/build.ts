/** Of the server: in the pool's list of servers, and in traces. */
export const BUILD = '0.1.0';

/** How a server is named on the command line. */
export const SERVER_NAMES = 'its address, its port, its session or the beginning of that';

/**
 * Connections that wait to be taken, at most; the kernel bounds them once more (net.core.somaxconn). When a server dies or starts
 * again, thousands of devices connect at once. Beyond this many their first packets are dropped and come again after a
 * second, and some connections are reset.
 */
export const LISTEN_BACKLOG = 4_096;

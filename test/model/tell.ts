/** What an exploration found, for whoever reads the run. */
export const tell = (text: string): void => void process.stdout.write(`${text}\n`);
